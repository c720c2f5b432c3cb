"""How fast worlds are stepped, observations and all, with actions and messages drawn beforehand and at random."""

import os
import time
from typing import Any

import numpy as np

from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario

N_WORLDS, N_STEPS, N_RUNS = 1024, 64, 7


def bench_lookout() -> dict[str, dict[str, Any]]:
    """Two agents on a small map."""
    return speeds("lookout", load_scenario("lookout"))


def bench_rivals() -> dict[str, dict[str, Any]]:
    """Four agents on a small map."""
    return speeds("rivals", load_scenario("rivals"))


def bench_room() -> dict[str, dict[str, Any]]:
    """Sixteen agents in a room of 40 x 40 cells, with crystals, converters and an altar."""
    return speeds("room-40x40-16-agents", room())


BENCHES = [bench_lookout, bench_rivals, bench_room]


def room() -> Scenario:
    """A room with sixteen agents that see and hear each other."""
    inside = [["."] * 38 for _ in range(38)]
    for n in range(0, 38, 6):
        for m in range(0, 38, 6):
            inside[n][m] = "o"
    inside[19][19], inside[10][20], inside[30][20] = "A", "C", "C"
    rows = ["#" * 40, *("#" + "".join(row) + "#" for row in inside), "#" * 40]
    return parse_scenario(
        {
            "name": "room",
            "title": "A room",
            "about": "A bare room for measuring.",
            "map": "\n".join(rows),
            "crystals": [{"kind": "green", "count": 10}, {"kind": "yellow", "count": 10, "stock": 2, "moves": True}],
            "bodies": {"one": {"hearing": 10}},
            "agents": [{"body": "one", "count": 16}],
            "kinship": {"structure": "teams", "size": 4, "share": 0.5},
            "channel": {"slots": 4},
            "reservoir": 100_000,
        }
    )


def speeds(name: str, scenario: Scenario) -> dict[str, dict[str, Any]]:
    """The speed on one core and, where there are more, on all of them."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    entries = {f"world/{name}/1-core": entry(scenario, 1)}
    if n_cores > 1:
        entries[f"world/{name}/{n_cores}-cores"] = entry(scenario, n_cores)
    return entries


def entry(scenario: Scenario, n_threads: int) -> dict[str, Any]:
    """Agent steps a second: the best of some episodes of worlds enough for every thread."""
    n_worlds = max(N_WORLDS, 512 * n_threads)
    batch = WorldBatch(scenario, n_worlds, n_threads=n_threads)
    rng, shape = np.random.default_rng(0), (16, n_worlds, batch.n_agents)
    actions = rng.integers(0, 6, shape, dtype=np.uint8)
    messages = rng.integers(0, scenario.channel.vocabulary, (*shape, 1), dtype=np.uint8)
    fastest = min(seconds(batch, actions, messages) for _ in range(N_RUNS))
    value = n_worlds * batch.n_agents * N_STEPS / fastest
    return {"value": value, "unit": "agent steps a second", "note": f"{n_worlds} worlds, best of {N_RUNS}"}


def seconds(batch: WorldBatch, actions: Any, messages: Any) -> float:
    """The wall time of some steps after a reset, the first of which (it compiles) is not counted."""
    batch.reset(np.arange(batch.n_worlds))
    batch.step(actions[0], messages[0])
    start = time.perf_counter()
    for t in range(N_STEPS):
        batch.step(actions[t % 16], messages[t % 16])
    return time.perf_counter() - start
