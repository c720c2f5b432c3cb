"""Where the time of a step goes: each part alone, in an arena of 16 agents a world that goes on in between."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from bench_world import IN_ALL, arena, random_plays

from commlab.env.allocation import allocate_scratch
from commlab.env.batch import WorldBatch
from commlab.env.kernel import kernel
from commlab.env.senses.hearing import hear_world
from commlab.env.senses.observe import dress, feel, list_all_entities, look_around
from commlab.env.step import step_world

N_STEPS = 300
QUIET = 0.2  # the share of measurements below the one that is told: what a quiet machine takes


@kernel
def nothing(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Do nothing: what it costs to call a kernel."""


@kernel
def step(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Act, speak, age and share, without observing."""
    for w in range(stop):
        step_world(world, rules, scratch, w, actions[w], messages[w])


@kernel
def windows(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Fill the windows."""
    for w in range(stop):
        for i in range(rules.body.shape[0]):
            look_around(world, rules, obs, scratch, w, i)


@kernel
def entities(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Note how things look, and list the nearest of them."""
    for w in range(stop):
        dress(world, rules, scratch, w)
        list_all_entities(world, rules, obs, scratch, w)


@kernel
def own_state(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Write the agents' own state."""
    for w in range(stop):
        for i in range(rules.body.shape[0]):
            feel(world, rules, obs, w, i)


@kernel
def hearing(world, rules, obs, scratch, actions, messages, stop):  # type: ignore[no-untyped-def]
    """Fill the hearing slots."""
    for w in range(stop):
        hear_world(world, rules, obs, scratch, w)


def bench_parts() -> dict[str, dict[str, Any]]:
    """Nanoseconds an agent step of every part; what all parts share, calling a kernel, is told and taken off."""
    batch = WorldBatch(arena(16), IN_ALL // 16)
    batch.reset(np.arange(batch.n_worlds))
    call = nanoseconds(batch, nothing)
    entries = {"call": call}
    for part in (step, windows, entities, own_state, hearing):
        entries[part.__name__.replace("_", "-")] = nanoseconds(batch, part) - call
    note = f"{IN_ALL} agents in all, one core"
    return {
        f"world/arena/16-agents/parts/{name}": {"value": value, "unit": "ns an agent step", "note": note}
        for name, value in entries.items()
    }


BENCHES = [bench_parts]


def nanoseconds(batch: WorldBatch, part: Any) -> float:
    """What a part takes after each of some steps, in nanoseconds an agent."""
    actions, messages = random_plays(batch)
    scratch, times = allocate_scratch(batch.rules, batch.scenario), []
    for t in range(N_STEPS):
        play = actions[t % len(actions)], messages[t % len(messages)]
        batch.step_trusted(*play)
        start = time.perf_counter()
        part(batch.world, batch.rules, batch.observation, scratch, *play, batch.n_worlds)
        times.append(time.perf_counter() - start)
    return sorted(times[1:])[int(QUIET * N_STEPS)] / IN_ALL * 1e9
