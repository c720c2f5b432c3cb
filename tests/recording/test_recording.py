"""What a recording holds is what the rollout did, and says of itself how it was made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention, from_json
from commlab.agents.plan import make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment, Rollout
from commlab.agents.tapes import record_tapes
from commlab.datasets.reader import open_recording
from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.types import VIEW, Action, Entity, Number, Own, Price, Slot, Stat, Trait, World
from commlab.foundation.errors import CheckpointError
from commlab.recording import FRESH, SHARD, Request, conditions, layout, record, shard_size


class Witness:
    """A watcher of its own that keeps some of what it sees, world by world: name -> list of steps."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Any]] = {}

    def keep(self, name: str, values: Any) -> None:
        """Keep a copy."""
        self.kept.setdefault(name, []).append(np.array(values))

    def before(self, moment: Moment) -> None:
        """Keep what a step begins with."""
        world, seen, decision = moment.world, moment.observation, moment.decision
        self.keep("agents/position", np.stack([world.row, world.column], axis=-1) - VIEW)
        self.keep("agents/energy", world.energy)
        self.keep("agents/facing", world.facing)
        self.keep("agents/inventory", world.inventory)
        self.keep("agents/shield", world.shield != 0)
        self.keep("agents/frozen", world.frozen)
        self.keep("agents/partner", world.partner)
        self.keep("channel/said", decision.message)
        self.keep("channel/heard", seen.heard)
        self.keep("channel/speaker", seen.speaker)
        self.keep("channel/emitted", moment.emitted)
        self.keep("channel/injected", moment.injected)
        self.keep("channel/relayed", seen.slots[..., Slot.RELAYED] != 0)
        self.keep("policy/action", decision.action)
        self.keep("policy/value", decision.value)
        self.keep("policy/hidden.core", decision.hidden["core"].astype(np.float16))
        self.keep("observation/window", seen.window)
        self.keep("observation/entities", seen.entities)
        self.keep("observation/vector", seen.vector)
        places = (world.kind, world.object_row - VIEW, world.object_column - VIEW, world.stock)
        self.keep("world/objects", np.stack(places, axis=-1))

    def after(self, t: int, world: World) -> None:
        """Keep what came of it."""
        self.keep("reward/own", world.own_reward)
        self.keep("reward/shared", world.shared_reward)
        self.keep("steps/truncated", world.truncated)
        self.keep("steps/terminated", world.terminated)

    def column(self, name: str, n_episodes: int) -> Any:
        """A column (S, …) of the first episodes."""
        values = np.stack(self.kept[name], axis=1)[:n_episodes]
        return values.reshape(-1, *values.shape[2:])


def witness(checkpoint: Checkpoint, seed: int, first: int, changes: tuple[Intervention, ...] = ()) -> Witness:
    """A rollout of a shard's episodes, seen by a watcher of its own."""
    scenario, seen = checkpoint.scenario, Witness()
    size = shard_size(scenario)
    tapes = record_tapes(checkpoint.policy, scenario, FRESH + seed, [c.source for c in changes if c.source], size)
    plan = make_plan([changes] * size, scenario.steps, scenario.n_agents, scenario.channel.length, tapes)
    rollout = Rollout(WorldBatch(scenario, size, FRESH + seed), checkpoint.policy, plan)
    rollout.begin(np.arange(first, first + size))
    rollout.run(scenario.steps, seen)
    return seen


def test_every_column_is_what_the_rollout_did(checkpoint: Checkpoint, natural: Path) -> None:
    steps = checkpoint.scenario.steps
    whole, part = witness(checkpoint, 5, 0), witness(checkpoint, 5, SHARD)
    with open_recording(natural) as recording:
        assert recording.n_steps == (SHARD + 6) * steps
        for name in whole.kept:
            assert np.array_equal(recording[name][: SHARD * steps], whole.column(name, SHARD)), name
            assert np.array_equal(recording[name][SHARD * steps :], part.column(name, 6)), name


def test_what_is_heard_was_emitted_a_step_before(natural: Path) -> None:
    with open_recording(natural) as recording:
        heard, emitted = recording["channel/heard"][:], recording["channel/emitted"][:]
        speaker, t = recording["channel/speaker"][:], recording["steps/t"][:]
    later = np.flatnonzero(t > 0)
    assert not heard[t == 0].any()
    assert heard[later, 1, 0, 0].any()
    assert np.array_equal(heard[later, 1, 0, 0], emitted[later - 1, 0, 0])
    assert (speaker[later, 1, 0][heard[later, 1, 0, 0] > 0] == 0).all()


def test_actions_and_messages_have_logits_that_allow_them(natural: Path) -> None:
    with open_recording(natural) as recording:
        logits, action = recording["policy/action_logits"][:], recording["policy/action"][:]
        messages = recording["policy/message_logits"][:]
        assert messages.shape[2:] == (1, 16)
    chosen = np.take_along_axis(logits, action[:, :, None].astype(np.int64), axis=2)
    assert np.isfinite(logits).all()
    assert (chosen > -1000).all()
    assert (action[:, 0] == Action.STAY).all()


def test_episodes_say_where_they_come_from(checkpoint: Checkpoint, natural: Path) -> None:
    with open_recording(natural) as recording:
        episodes = recording.episodes
        assert episodes.episode.tolist() == list(range(SHARD + 6))
        assert (episodes.seed == FRESH + 5).all()
        assert (episodes.length == checkpoint.scenario.steps).all()
        assert episodes.world.tolist() == [*range(SHARD), *range(6)]
        assert set(episodes.condition) == {"natural"}
        assert set(episodes.intervention) == {"[]"}
        assert recording.bodies == ["scout", "gatherer"]
        assert np.array_equal(recording.kinship, np.ones((1, 2, 2)))
        assert np.array_equal(recording["steps/truncated"][:], recording["steps/t"][:] == checkpoint.scenario.steps - 1)
        assert not recording["steps/terminated"][:].any()


def test_the_header_explains_the_codes_and_the_map(checkpoint: Checkpoint, natural: Path) -> None:
    with open_recording(natural) as recording:
        attributes, codes, plan = recording.attrs, recording.codes, recording.layout
        position, objects = recording["agents/position"][:], recording["world/objects"][:]
        assert recording.names("observation/vector") == tuple(column.name.lower() for column in Own)
        assert recording.names("observation/entities") == tuple(column.name.lower() for column in Entity)
        assert recording.names("episodes/numbers") == tuple(number.name.lower() for number in Number)
        assert recording.names("episodes/traits") == tuple(trait.name.lower() for trait in Trait)
        assert recording.names("channel/said") == ()
    assert attributes["seed"] == 5
    assert attributes["checkpoint_sha256"] == "sha"
    assert attributes["training"] == checkpoint.facts
    assert attributes["scenario"] == json.loads(checkpoint.scenario.model_dump_json())
    assert codes["bodies"] == {0: "scout", 1: "gatherer"}
    assert codes["actions"] == {action: action.name.lower() for action in list(Action)[:6]}
    assert codes["stats"] == {stat: stat.name.lower() for stat in Stat}
    assert (codes["cells"][9], codes["cells"][10], codes["cells"][255]) == ("beacon", "berry.round", "unseen")
    grid = np.array(plan["grid"])
    assert grid.shape == (plan["height"], plan["width"])
    assert plan == layout(checkpoint.scenario)
    assert all(codes["cells"][int(grid[tuple(site)])] == "empty" for site in plan["sites"])
    assert {codes["cells"][int(code)] for code in np.unique(grid)} == {"empty", "wall", "altar"}
    standing = grid[position[..., 0], position[..., 1]]
    assert {codes["cells"][int(code)] for code in np.unique(standing)} == {"empty"}
    crystals = objects[(np.isin(objects[..., 0], recording.crystal_codes)) & (objects[..., 3] > 0)]
    assert {tuple(place) for place in crystals[:, 1:3].tolist()} == {tuple(site) for site in plan["sites"]}


def test_two_recordings_are_equal_and_another_seed_is_another(
    checkpoint: Checkpoint, natural: Path, tmp_path: Path, same_bytes: Callable[[Path, Path], bool]
) -> None:
    again = record(checkpoint, Request(tmp_path / "again.h5", SHARD + 6, seed=5))
    other = record(checkpoint, Request(tmp_path / "other.h5", SHARD + 6, seed=6))
    assert same_bytes(natural, again)
    assert not same_bytes(natural, other)


def test_more_episodes_begin_with_the_same_ones(checkpoint: Checkpoint, natural: Path, tmp_path: Path) -> None:
    few = record(checkpoint, Request(tmp_path / "few.h5", 3, seed=5))
    with open_recording(few) as a, open_recording(natural) as b:
        assert a.n_episodes == 3
        for name in a.columns():
            assert np.array_equal(a[name][:], b[name][: a.n_steps]), name


def test_interventions_are_recorded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    changes = (
        Intervention("message.out", "mute", agents=(0,), first=6),
        Intervention("message.in", "set", agents=(1,), first=2, last=4, symbol=9, kinship=0.5),
    )
    request = Request(tmp_path / "told.h5", 8, interventions=changes, condition=conditions(changes))
    seen = witness(checkpoint, 0, 0, changes)
    with open_recording(record(checkpoint, request)) as recording:
        t = recording["steps/t"][:]
        injected, heard = recording["channel/injected"][:], recording["channel/heard"][:]
        told = (t >= 2) & (t <= 4)
        assert np.array_equal(injected[:, 1, 0], told)
        assert not injected[:, 0].any()
        assert (heard[told, 1, 0, 0] == 9).all()
        assert (recording["channel/speaker"][:][told, 1] == -1).all()
        assert not recording["channel/emitted"][:][t >= 6, 0].any()
        assert recording["channel/said"][:][t >= 6, 0].any()
        assert set(recording.episodes.condition) == {"message.out:mute+message.in:set"}
        assert from_json(recording.episodes.intervention[0]) == changes
        assert recording.attrs["condition"] == "message.out:mute+message.in:set"
        for name in seen.kept:
            assert np.array_equal(recording[name][:], seen.column(name, 8)), name


def test_a_muted_recording_hears_nothing(checkpoint: Checkpoint, tmp_path: Path) -> None:
    mute = (Intervention("message.in", "mute"),)
    with open_recording(record(checkpoint, Request(tmp_path / "muted.h5", 4, interventions=mute))) as recording:
        assert not recording["channel/heard"][:].any()
        assert recording["channel/emitted"][:].any()


WHOLE = """
############
#o.o.B..o.o#
#....C....o#
#.o..##.o..#
#....A.....#
#..o...o...#
#.o..C..oB.#
#..o.o.o...#
############
"""


@pytest.fixture(scope="module")
def whole() -> Checkpoint:
    """An untrained policy in a world with nearly all there is, whose episodes may end early."""
    able = {
        "actions": ["north", "east", "south", "west", "use", "attack", "shield", "give", "bond"],
        "max_energy": [200, 250],
        "start_energy": [100, 150],
        "carry": 300,
    }
    scenario = parse_scenario(
        {
            "name": "whole",
            "title": "The whole world",
            "about": "For tests.",
            "steps": 40,
            "map": WHOLE,
            "crystals": [{"kind": "green", "count": 3, "stock": 9}],
            "berries": {"count": 4, "looks": 3, "poisonous": 1},
            "altar": {"cost": [20, 40], "reward": [0.5, 2], "cooldown": 0},
            "combat": {"freeze": 3, "range": 5},
            "prices": {"move": [0, 2], "bond": [0, 9]},
            "bodies": {"tall": able, "small": {"view": 3, "costs": {"move": 2.5}, **able}},
            "agents": [{"body": body, "count": 4, "family": f} for f, body in enumerate(("tall", "small"))],
            "kinship": {"structure": "teams", "size": [2, 4], "share": [0.2, 0.4], "bond_steps": 20},
            "channel": {"vocabulary": 5, "slots": 3, "length": 2, "noise": 0.1},
            "end": {"hearts": 2},
        }
    )
    return Checkpoint(RecurrentPolicy(scenario, 8, seed=3), scenario, {}, "sha")


@pytest.fixture(scope="module")
def ended(whole: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of it."""
    return record(whole, Request(tmp_path_factory.mktemp("whole") / "whole.h5", SHARD, seed=2))


def test_episodes_are_as_long_as_they_lasted(whole: Checkpoint, ended: Path) -> None:
    seen, steps = witness(whole, 2, 0), whole.scenario.steps
    over = np.stack(seen.kept["steps/terminated"], axis=1)
    lengths = np.where(over.any(axis=1), over.argmax(axis=1) + 1, steps)
    assert 0 < (lengths < steps).sum() < SHARD
    rows = (np.arange(steps) < lengths[:, None]).ravel()
    with open_recording(ended) as recording:
        assert np.array_equal(recording.episodes.length, lengths)
        last = recording.episodes.start + lengths - 1
        assert np.array_equal(recording["steps/terminated"][:][last], over.any(axis=1))
        assert recording["steps/terminated"][:].sum() == over.any(axis=1).sum()
        for name in seen.kept:
            assert np.array_equal(recording[name][:], seen.column(name, SHARD)[rows]), name
        assert recording["channel/said"].shape[2:] == (2,)
        assert recording["policy/message_logits"].shape[2:] == (2, 5)
        assert recording["policy/action_logits"].shape[2] == 14
        for name in ("agents/shield", "agents/frozen"):
            assert recording[name][:].any(), name
        assert recording["agents/inventory"].dtype == np.int16, "bodies that carry 300"


def test_what_was_drawn_for_an_episode_is_recorded(whole: Checkpoint, ended: Path) -> None:
    worlds = WorldBatch(whole.scenario, SHARD, FRESH + 2)
    worlds.reset(np.arange(SHARD))
    world = worlds.world
    with open_recording(ended) as recording:
        episodes = recording.episodes
        for field, array in (
            ("numbers", world.numbers),
            ("traits", world.trait),
            ("values", world.value),
            ("altar_reward", world.reward),
            ("poison", world.poison),
            ("map", world.map),
        ):
            assert np.array_equal(getattr(episodes, field), array), field
        assert np.array_equal(recording.kinship[episodes.kinship], kinship_matrices(world, worlds.rules))
        cost = recording.names("episodes/numbers").index("altar_cost")
        assert len(np.unique(episodes.numbers[:, cost])) > 10
        price = recording.names("episodes/traits").index("move_cost")
        assert price == Trait.MOVE_COST + Price.MOVE
        assert np.array_equal(episodes.traits[:, 1, price], np.floor(2.5 * episodes.traits[:, 0, price] + 0.5))


def test_tallies_are_those_of_the_episodes_last_step(whole: Checkpoint, ended: Path) -> None:
    with open_recording(ended) as recording:
        stats, length = recording.episodes.stats, recording.episodes.length
        hearts = recording.names("episodes/stats").index("hearts")
        over = recording["steps/terminated"][:][recording.episodes.start + length - 1]
        assert (stats[over, :, hearts].sum(axis=1) == 2).all()
        assert (stats[~over, :, hearts].sum(axis=1) < 2).all()
        said = (recording["channel/emitted"][:] > 0).sum(axis=2)
        totals = np.add.reduceat(said, recording.episodes.start)
        assert np.array_equal(stats[:, :, recording.names("episodes/stats").index("said")], totals)


def test_an_episode_that_replays_another_says_what_it_said(
    checkpoint: Checkpoint, natural: Path, tmp_path: Path
) -> None:
    changes = (
        Intervention("message.out", "replay", (0,), source=SHARD + 2),
        Intervention("message.in", "delay", delay=2),
    )
    request = Request(tmp_path / "replayed.h5", 3, seed=5, interventions=changes, condition=conditions(changes))
    seen = witness(checkpoint, 5, 0, changes)
    with open_recording(record(checkpoint, request)) as recording, open_recording(natural) as source:
        steps = checkpoint.scenario.steps
        there = source["channel/said"][(SHARD + 2) * steps : (SHARD + 3) * steps, 0]
        for episode in range(3):
            assert np.array_equal(recording["channel/emitted"][episode * steps : (episode + 1) * steps, 0], there)
        assert from_json(recording.episodes.intervention[0]) == changes
        assert recording["channel/injected"][:].any()
        for name in seen.kept:
            assert np.array_equal(recording[name][:], seen.column(name, 3)), name


def test_shards_of_large_worlds_are_small() -> None:
    assert shard_size(load_scenario("lookout")) == SHARD
    many = load_scenario("lookout", {"steps": 10_000})
    assert shard_size(many) == 32, "64 agents at least, for small batches may be rounded differently"


def test_the_layers_asked_for_are_kept(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with open_recording(record(checkpoint, Request(tmp_path / "r.h5", 3, layers=("encoder", "core")))) as recording:
        encoder, core = recording["policy/hidden.encoder"][:], recording["policy/hidden.core"][:]
        assert (encoder >= 0).all()  # what the encoder's rectifier leaves
        assert encoder.shape == core.shape
        assert recording.attrs["layers"] == ["encoder", "core"]
    with pytest.raises(CheckpointError, match=r"no hidden states 'memory': it has encoder, core"):
        record(checkpoint, Request(tmp_path / "other.h5", 3, layers=("memory",)))
