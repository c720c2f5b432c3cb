"""How fast thousands of pairs of twin worlds run, one told something and one not, beside plain acting."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.mixed import meet
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Returns, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.probes.cause.trials import Trials, phantom_plan
from commlab.probes.cause.twins import EXPERIMENTS, play

N_PAIRS, BATCH, N_RUNS, SPAN = 2048, 512, 3, 20


def bench_twins() -> dict[str, dict[str, Any]]:
    """Return the speed of 2,048 pairs, of plain acting, and of mixed agents; best of some runs in turn."""
    torch.set_num_threads(1)
    scenario = load_scenario("lookout")
    checkpoint = Checkpoint(RecurrentPolicy(scenario), scenario, {}, "untrained")
    mixed = meet([checkpoint, checkpoint], [0, 1])
    agent_steps = N_PAIRS * scenario.steps * scenario.n_agents
    play_alone(checkpoint, BATCH)
    alone, pairs, mixtures = [], [], []
    for _ in range(N_RUNS):
        alone.append(seconds(lambda: play_alone(checkpoint, 2 * N_PAIRS)))
        pairs.append(seconds(lambda: play_pairs(checkpoint)))
        mixtures.append(seconds(lambda: play_pairs(mixed)))
    note = f"{N_PAIRS:,} pairs, {BATCH} at once, 64 hidden units, torch on one thread, best of {N_RUNS}"
    return {
        "acting": {"value": 2 * agent_steps / min(alone), "unit": "agent steps/s", "note": note},
        "twins": {
            "value": 2 * agent_steps / min(pairs),
            "unit": "agent steps/s",
            "note": "both worlds of a pair count",
        },
        "pairs of twins": {"value": N_PAIRS / min(pairs), "unit": "pairs/s", "note": "64 steps, traced and compared"},
        "twins' speed": {"value": min(alone) / min(pairs), "unit": "of plain acting", "note": "the goal is 0.5"},
        "mixed agents": {"value": min(alone) / min(mixtures), "unit": "of plain acting", "note": "twins in cross-play"},
    }


BENCHES = [bench_twins]


def play_alone(checkpoint: Checkpoint, n_worlds: int) -> None:
    """Play worlds and keep returns alone."""
    scenario = checkpoint.scenario
    for first in range(0, n_worlds, BATCH):
        rollout = Rollout(WorldBatch(scenario, BATCH, EXPERIMENTS), checkpoint.policy)
        rollout.begin(np.arange(first, first + BATCH))
        rollout.run(scenario.steps, Returns(BATCH, scenario.n_agents))


def play_pairs(agents: Any) -> None:
    """Play pairs: a phantom's word in one world, silence in the other; compare what listeners would do."""
    scenario, rng = agents.scenario, np.random.default_rng(0)
    shape = (scenario.steps, BATCH, scenario.n_agents)
    for first in range(0, N_PAIRS, BATCH):
        trials = Trials(np.arange(BATCH), np.ones(BATCH, np.int64), rng.integers(1, 30, BATCH))
        symbols = np.repeat(rng.integers(1, scenario.channel.vocabulary, (BATCH, 1)), SPAN, axis=1)
        told, silence = (
            play(agents, BATCH, first, phantom_plan(trials, shape, said, 1.0)) for said in (symbols, 0 * symbols)
        )
        assert np.isfinite(told.logits - silence.logits).all()


def seconds(function: Callable[[], object]) -> float:
    """Return the wall time of a call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
