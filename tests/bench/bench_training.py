"""How fast agents act and learn in lookout with the default recipe, and where the time of training goes."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Returns, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.training.config import TrainConfig
from commlab.training.log import Row
from commlab.training.parallel import Group
from commlab.training.shard import Shard
from commlab.training.trainer import Job, train

Entries = dict[str, dict[str, Any]]

N_WORLDS, N_EPISODES = 64, 8
WARM_UP, N_ITERATIONS = 5, 20


def bench_acting() -> Entries:
    """Return the speed of the rollout loop with a recurrent policy, on one core."""
    torch.set_num_threads(1)
    scenario = load_scenario("lookout")
    rollout = Rollout(WorldBatch(scenario, N_WORLDS), RecurrentPolicy(scenario))
    speeds = []
    for episode in range(N_EPISODES + 1):
        rollout.begin(np.arange(N_WORLDS) + episode * N_WORLDS)
        start = time.perf_counter()
        rollout.run(scenario.steps, Returns(N_WORLDS, scenario.n_agents))
        speeds.append(scenario.steps * N_WORLDS * scenario.n_agents / (time.perf_counter() - start))
    note = f"one core, {N_WORLDS} worlds, 64 hidden units, median of {N_EPISODES} batches of episodes"
    return {"acting": speed(float(np.median(speeds[1:])), note)}


def bench_one_process() -> Entries:
    """Return the speed of training on one process."""
    return {"training on 1 process": speed(train_timed(1)[0], f"default recipe, {N_ITERATIONS} iterations")}


def bench_two_processes() -> Entries:
    """Return the speed of training on two processes, and where the leading one's time goes."""
    value, clocks, seconds = train_timed(2)
    shares = {name: spent / seconds for name, spent in clocks.items()}
    shares["the rest"] = 1 - sum(shares.values())
    note = "of the leading process of two"
    return {
        "training on 2 processes": speed(value, f"default recipe, {N_ITERATIONS} iterations"),
        **{f"share of {name}": {"value": share, "unit": "of the time", "note": note} for name, share in shares.items()},
    }


BENCHES = [bench_acting, bench_one_process, bench_two_processes]


def train_timed(processes: int) -> tuple[float, dict[str, float], float]:
    """Return agent steps a second after the warm-up, the seconds spent in each part, and all seconds."""
    scenario, config, clocks = (
        load_scenario("lookout"),
        TrainConfig(),
        dict.fromkeys(("acting", "learning", "exchange"), 0.0),
    )
    each = scenario.steps * config.worlds * scenario.n_agents
    config = config.model_copy(update={"agent_steps": each * (WARM_UP + N_ITERATIONS)})
    rows: list[Row] = []

    def watch(row: Row) -> None:
        rows.append(row)
        if len(rows) == WARM_UP:
            clocks.update(dict.fromkeys(clocks, 0.0))

    with (
        tempfile.TemporaryDirectory() as folder,
        timed(Shard, "live", clocks, "acting"),
        timed(Shard, "backward", clocks, "learning"),
        timed(Group, "gather", clocks, "exchange"),
    ):
        train(Job(Path(folder) / "bench", scenario, config, "bench"), processes, watch)
    seconds = rows[-1].seconds - rows[WARM_UP - 1].seconds
    return each * N_ITERATIONS / seconds, clocks, seconds


@contextmanager
def timed(owner: type, name: str, clocks: dict[str, float], part: str) -> Iterator[None]:
    """Add the time that calls of a method take in this process to `clocks[part]`."""
    method: Callable[..., Any] = getattr(owner, name)

    def measured(*arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            return method(*arguments)
        finally:
            clocks[part] += time.perf_counter() - start

    setattr(owner, name, measured)
    try:
        yield
    finally:
        setattr(owner, name, method)


def speed(value: float, note: str) -> dict[str, Any]:
    """Return an entry in agent steps a second."""
    return {"value": value, "unit": "agent steps/s", "note": note}
