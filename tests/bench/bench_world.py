"""How fast worlds are stepped: the arena with 4 to 1,024 agents a world, with all rules, observations and messages.

Actions and messages are drawn beforehand; the density of the map is the same at every size (36 cells an agent).
"""

import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.env.allocation import allocate_scratch
from commlab.env.batch import WorldBatch
from commlab.env.kernel import kernel
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.env.step import step_world

Entries = dict[str, dict[str, Any]]
Plays = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # actions (T, W, A), messages (T, W, A, L)

SIZES = (4, 16, 64, 256, 1024)  # agents a world
IN_ALL = 4096  # agents of all worlds together, which the caches hold
BEYOND = 65_536  # agents that they do not
N_PLAYS, N_STEPS, N_RUNS = 16, 48, 7
TRAINING = 150_000  # agent steps of those who are briefly trained
TALKING = 0.7  # of the messages of random agents are no silence


def bench_sizes() -> Entries:
    """The arena at every size, on one core and on all of them."""
    entries: Entries = {}
    for n_agents in SIZES:
        scenario = arena(n_agents)
        for n_cores in sorted({1, usable_cores()}):
            entries[name(n_agents, n_cores)] = entry(scenario, IN_ALL // n_agents, n_cores)
    first, last = (entries[name(n, 1)]["value"] for n in (SIZES[0], SIZES[-1]))
    slowest = min(entries[name(n, 1)]["value"] for n in SIZES)
    fastest = max(entries[name(n, 1)]["value"] for n in SIZES)
    note = f"4 agents a world {first / 1e6:.1f} M, 1,024 agents {last / 1e6:.1f} M agent steps a second"
    entries["world/arena/flatness"] = {"value": fastest / slowest, "unit": "dearest to cheapest size", "note": note}
    return entries


def bench_cores() -> Entries:
    """What the other cores add, where there are worlds enough that handing them out costs nothing beside."""
    if usable_cores() == 1:
        return {}
    scenario = arena(16)
    seconds = [run(WorldBatch(scenario, 2048, n_threads=n), random_plays) for n in (1, usable_cores())]
    note = f"32,768 agents in all, {usable_cores()} cores against one"
    return {"world/arena/16-agents/gain-by-cores": {"value": seconds[0] / seconds[1], "unit": "times", "note": note}}


def bench_bare_step() -> Entries:
    """The step alone, without observations."""
    batch = WorldBatch(arena(16), IN_ALL // 16)
    actions, messages = random_plays(batch)
    batch.reset(np.arange(batch.n_worlds))
    world, rules, scratch = batch.world, batch.rules, allocate_scratch(batch.rules, batch.scenario)
    fastest = best(lambda: [step_blindly(world, rules, scratch, *play) for play in zip(actions, messages, strict=True)])
    value = N_PLAYS * IN_ALL / fastest
    return {"world/arena/16-agents/1-core/step-alone": as_entry(value, f"{batch.n_worlds} worlds, no observations")}


def bench_trained() -> Entries:
    """The arena as trained agents play it: what they did and said, taken down beforehand."""
    scenario = arena(16)
    batch = WorldBatch(scenario, IN_ALL // 16)
    value = N_STEPS * IN_ALL / run(batch, trained_plays)
    return {"world/arena/16-agents/1-core/trained": as_entry(value, "actions and messages of briefly trained agents")}


def bench_beyond_the_caches() -> Entries:
    """The arena with more worlds than the caches hold."""
    entries = {}
    for n_agents in (16, 1024):
        entries[f"{name(n_agents, 1)}/beyond-the-caches"] = entry(arena(n_agents), BEYOND // n_agents, 1)
    return entries


def bench_hearing() -> Entries:
    """What it costs that everybody can hear everybody, the nearest two of whom are heard."""
    entries = {}
    for n_agents in SIZES[2:]:
        scenario = arena(n_agents, {"bodies.citizen.hearing": "everywhere"})
        entries[f"{name(n_agents, 1)}/hearing-everywhere"] = entry(scenario, IN_ALL // n_agents, 1)
    return entries


def bench_memory() -> Entries:
    """Bytes that a step writes and reads at the least, against what this machine's memory can move."""
    batch = WorldBatch(arena(16), IN_ALL // 16)
    written = sum(array.nbytes for array in batch.observation) / IN_ALL
    state = sum(array.nbytes for array in batch.world) / IN_ALL
    source = np.ones(2**28, np.uint8)
    target = np.empty_like(source)
    bandwidth = source.nbytes / best(lambda: np.copyto(target, source))
    speed = N_STEPS * IN_ALL / run(batch, random_plays)
    return {
        "machine/memory/copy": {"value": bandwidth / 1e9, "unit": "GB a second", "note": "256 MiB, one core"},
        "world/arena/16-agents/observation": {"value": written, "unit": "bytes written an agent step"},
        "world/arena/16-agents/state": {"value": state, "unit": "bytes an agent"},
        "world/arena/16-agents/share-of-bandwidth": {
            "value": speed * written / bandwidth,
            "unit": "of what memory can write",
            "note": "observations alone, one core",
        },
    }


def bench_small() -> Entries:
    """The worlds in which agents learn to speak: two and four agents on a small map."""
    entries = {}
    for scenario in ("lookout", "rivals"):
        for n_cores in sorted({1, usable_cores()}):
            suffix = "core" if n_cores == 1 else "cores"
            entries[f"world/{scenario}/{n_cores}-{suffix}"] = entry(load_scenario(scenario), 1024, n_cores)
    return entries


BENCHES = [
    bench_sizes,
    bench_cores,
    bench_bare_step,
    bench_trained,
    bench_beyond_the_caches,
    bench_hearing,
    bench_memory,
    bench_small,
]


@kernel
def step_blindly(world, rules, scratch, actions, messages):  # type: ignore[no-untyped-def]
    """Step all worlds without observing them."""
    for w in range(world.t.shape[0]):
        step_world(world, rules, scratch, w, actions[w], messages[w])


def arena(n_agents: int, overrides: dict[str, Any] | None = None) -> Scenario:
    """The arena for some agents, with as much room, crystals and machines for each of them as for sixteen."""
    base = load_scenario("arena")
    assert base.map is not None
    share = n_agents / base.n_agents
    fields = {
        "map": large_map(base.map.split(), math.isqrt(n_agents // 16)) if n_agents > 16 else base.map,
        **({"map": small_map(base.map.split())} if n_agents < 16 else {}),
        "agents": [{**group.model_dump(), "count": max(1, round(group.count * share))} for group in base.agents],
        **{f"crystals.{n}.count": round(crystal.count * share) for n, crystal in enumerate(base.crystals)},
    }
    return load_scenario("arena", {**fields, **(overrides or {})})


def large_map(rows: list[str], times: int) -> str:
    """The map again and again, `times` down and across, without the walls between."""
    inner = ["." * len(row) if set(row) == {"#"} else f".{row[1:-1]}." for row in rows]
    return walled([row * times for row in inner] * times)


def small_map(rows: list[str]) -> str:
    """A quarter of the map, with an altar and a converter in it."""
    return walled([row[2 : 2 + len(row) // 2] for row in rows[: len(rows) // 2]])


def walled(rows: list[str]) -> str:
    """Rows of a map with a wall all around, drawn over what is there."""
    border = "#" * len(rows[0])
    return "\n".join([border, *(f"#{row[1:-1]}#" for row in rows[1:-1]), border])


def name(n_agents: int, n_cores: int) -> str:
    """The name of the entry for a size."""
    return f"world/arena/{n_agents}-agents/{n_cores}-core{'s' if n_cores > 1 else ''}"


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def entry(scenario: Scenario, n_worlds: int, n_cores: int) -> dict[str, Any]:
    """Agent steps a second with random actions and messages."""
    batch = WorldBatch(scenario, n_worlds, n_threads=n_cores)
    value = N_STEPS * n_worlds * batch.n_agents / run(batch, random_plays)
    return as_entry(value, f"{n_worlds} worlds, best of {N_RUNS}")


def as_entry(value: float, note: str) -> dict[str, Any]:
    """An entry in agent steps a second."""
    return {"value": value, "unit": "agent steps a second", "note": note}


def run(batch: WorldBatch, plays: Callable[[WorldBatch], Plays]) -> float:
    """The wall time of N_STEPS steps, the best of some runs, the first of which (it compiles) is not counted."""
    batch.reset(np.arange(batch.n_worlds))
    actions, messages = plays(batch)
    batch.reset(np.arange(batch.n_worlds))

    def play() -> None:
        for t in range(N_STEPS):
            batch.step_trusted(actions[t % N_PLAYS], messages[t % N_PLAYS])

    play()
    return best(play)


def best(do: Callable[[], Any]) -> float:
    """The shortest of some wall times."""
    times = []
    for _ in range(N_RUNS):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return min(times)


def random_plays(batch: WorldBatch) -> Plays:
    """Actions alike over what the bodies can do, and messages, most of them no silence."""
    rng, shape = np.random.default_rng(0), (N_PLAYS, batch.n_worlds, batch.n_agents)
    able = np.flatnonzero(batch.rules.may[batch.rules.body].all(axis=0))
    actions = rng.choice(able, shape).astype(np.uint8)
    messages = rng.integers(1, batch.scenario.channel.vocabulary, (*shape, batch.scenario.channel.length))
    return actions, (messages * (rng.random((*shape, 1)) < TALKING)).astype(np.uint8)


def trained_plays(batch: WorldBatch) -> Plays:
    """What agents do and say who have been trained for a little while."""
    from commlab.agents.checkpoint import load_checkpoint  # torch is slow to import, and only this bench wants it
    from commlab.agents.rollout import Rollout
    from commlab.training.config import TrainConfig
    from commlab.training.trainer import Job, train

    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(agent_steps=TRAINING, worlds=64)
        train(Job(Path(folder), batch.scenario, config, "bench"))
        policy = load_checkpoint(max(Path(folder).glob("checkpoints/steps-*.pt"))).policy
    rollout, tape = Rollout(batch, policy), Tape()
    rollout.begin(np.arange(batch.n_worlds))
    rollout.run(N_PLAYS, tape)
    return np.stack(tape.actions), np.stack(tape.messages)


class Tape:
    """A watcher that keeps what agents do and emit."""

    def __init__(self) -> None:
        self.actions: list[NDArray[np.uint8]] = []
        self.messages: list[NDArray[np.uint8]] = []

    def before(self, moment: Any) -> None:
        """Keep a step as it is decided."""
        self.actions.append(moment.decision.action.copy())
        self.messages.append(moment.emitted.copy())

    def after(self, t: int, world: Any) -> None:
        """See nothing: what comes of it does not matter here."""
