"""Targets agree with slow reference code that looks at one step of one agent at a time."""

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.targets import SECTORS, TARGETS, Labels, find_target, lagged, targets_of, unseen
from commlab.datasets.targets.places import sectors
from commlab.foundation.errors import TargetError


@pytest.fixture(scope="module")
def recording(contents: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = contents.record(contents.Plan(fixed=False, n_agents=4), tmp_path_factory.mktemp("targets") / "a.h5")
    return open_recording(path)


def slow_sector(row: float, column: float) -> str:
    """The sector of an offset, from its bearing in degrees clockwise from north."""
    if abs(row) < 1 and abs(column) < 1:
        return "centre"
    bearing = math.degrees(math.atan2(column, -row)) % 360
    return SECTORS[int((bearing + 22.5) // 45) % 8]


def slow_nearest(here: Any, places: list[Any]) -> Any:
    """The first of the nearest places by walking distance, or None."""
    return min(places, key=lambda place: abs(place[0] - here[0]) + abs(place[1] - here[1]), default=None)


def objects_at(recording: Recording, s: int, code: int | None) -> list[Any]:
    """The places of stocked crystals, or of the objects with that code, in row s."""
    rows = recording["world/objects"][s].tolist()
    if code is not None:
        return [row[1:3] for row in rows if row[0] == code]
    return [row[1:3] for row in rows if row[0] in (4, 5) and row[3] > 0]


def direction(here: Any, there: Any) -> str:
    return "none" if there is None else slow_sector(there[0] - here[0], there[1] - here[1])


def slow_resource(recording: Recording, s: int, a: int) -> str:
    crystal = slow_nearest(recording["agents/position"][s, a], objects_at(recording, s, None))
    return direction((3.5, 3.0), crystal)


def slow_cell(recording: Recording, s: int, a: int) -> str:
    crystal = slow_nearest(recording["agents/position"][s, a], objects_at(recording, s, None))
    return "none" if crystal is None else f"{crystal[0]},{crystal[1]}"


def slow_offset(recording: Recording, s: int, a: int) -> str:
    here = recording["agents/position"][s, a]
    return direction(here, slow_nearest(here, objects_at(recording, s, None)))


def slow_altar(recording: Recording, s: int, a: int) -> str:
    here = recording["agents/position"][s, a]
    return direction(here, slow_nearest(here, objects_at(recording, s, 2)))


def slow_position(recording: Recording, s: int, a: int) -> str:
    row, column = recording["agents/position"][s, a]
    return f"{row},{column}"


def slow_other(recording: Recording, s: int, a: int, kin: bool) -> str:
    positions = recording["agents/position"][s].tolist()
    episode = recording["steps/episode"][s]
    related = recording.kinship[recording.episodes.kinship[episode]][a] > 0
    partner = recording["agents/partner"][s, a]
    others = [place for b, place in enumerate(positions) if b != a and (related[b] or b == partner) == kin]
    return direction(positions[a], slow_nearest(positions[a], others))


SLOW: dict[str, Callable[[Recording, int, int], str]] = {
    "resource_location": slow_resource,
    "resource_location.cell": slow_cell,
    "resource_location.offset": slow_offset,
    "altar_location": slow_altar,
    "own_position": slow_position,
    "nearest_kin_location": lambda recording, s, a: slow_other(recording, s, a, True),
    "nearest_stranger_location": lambda recording, s, a: slow_other(recording, s, a, False),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_target_is_what_the_slow_reference_says(recording: Recording, name: str) -> None:
    labels = TARGETS[name].compute(recording)
    assert labels.valid.all()
    said = [[labels.names[value] for value in row] for row in labels.values]
    rows = range(recording.n_steps)
    assert said == [[SLOW[name](recording, s, a) for a in range(recording.n_agents)] for s in rows]


def test_numbers_and_actions(recording: Recording) -> None:
    energy = TARGETS["own_energy"].compute(recording)
    assert np.array_equal(energy.values, recording["agents/energy"][:].astype(np.float32))
    following = TARGETS["own_next_action"].compute(recording)
    action, t = recording["policy/action"][:], recording["steps/t"][:]
    for s in range(recording.n_steps):
        last = t[s] == recording.episodes.length[recording["steps/episode"][s]] - 1
        assert (following.valid[s] == (not last)).all()
        if not last:
            assert np.array_equal(following.values[s], action[s + 1])
    assert following.names[:2] == ("stay", "north")
    assert len(following.names) > action.max()


def test_every_target_is_whole(recording: Recording) -> None:
    for name, target in targets_of(recording)[0].items():
        labels = target.compute(recording)
        shape = (recording.n_steps, recording.n_agents)
        assert (target.name, labels.values.shape, labels.valid.shape) == (name, shape, shape)
        assert target.sentence.endswith(".")
        assert (target.kind == "class") == bool(labels.names)
        if labels.names:
            assert labels.values.dtype in (np.int16, np.int32)
            assert labels.values.min() >= 0
            assert labels.values.max() < len(labels.names)


def test_unseen_is_what_a_walk_through_every_episode_says(recording: Recording) -> None:
    slow = np.zeros((recording.n_steps, recording.n_agents), dtype=bool)
    positions, windows = recording["agents/position"][:], recording["observation/window"][:]
    objects = recording["world/objects"][:].tolist()
    t = recording["steps/t"][:]
    for a in range(recording.n_agents):
        seen: dict[int, Any] = {}  # object -> the place where it was seen, while it stays there
        for s in range(recording.n_steps):
            stocked = {o: row[1:3] for o, row in enumerate(objects[s]) if row[0] in (4, 5) and row[3] > 0}
            seen = {o: place for o, place in seen.items() if t[s] > 0 and stocked.get(o) == place}
            here = positions[s, a].tolist()
            for o, place in stocked.items():
                row, column = place[0] - here[0] + 5, place[1] - here[1] + 5
                if 0 <= row < 11 and 0 <= column < 11 and windows[s, a, row, column] in (4, 5):
                    seen[o] = place
            gaps = {o: abs(place[0] - here[0]) + abs(place[1] - here[1]) for o, place in stocked.items()}
            slow[s, a] = bool(gaps) and min(gaps, key=lambda o: (gaps[o], o)) not in seen
    assert np.array_equal(unseen(recording), slow)
    assert 0.05 < slow.mean() < 0.95


@pytest.mark.parametrize("k", [-25, -3, -1, 0, 1, 2, 25])
def test_lags_stay_within_episodes(recording: Recording, k: int) -> None:
    values = np.arange(recording.n_steps)[:, None].repeat(recording.n_agents, axis=1)
    valid = values % 7 != 0
    shifted = lagged(Labels(values, (), valid), recording, k)
    episode = recording["steps/episode"][:]
    for s in range(recording.n_steps):
        inside = 0 <= s + k < recording.n_steps and episode[s + k] == episode[s]
        assert (shifted.valid[s] == (inside and valid[s + k])).all()
        if inside:
            assert (shifted.values[s] == s + k).all()


def test_sectors_turn_clockwise_from_north() -> None:
    around = np.array([(-2, 0), (-2, 2), (0, 2), (2, 2), (2, 0), (2, -2), (0, -2), (-2, -2), (0, 0), (0, 0)])
    exists = np.arange(10) < 9
    assert [SECTORS[value] for value in sectors(around, exists)] == list(SECTORS)
    assert SECTORS[sectors(np.array([0.5, -0.5]), np.array(True))] == "centre"
    assert SECTORS[sectors(np.array([-1.5, 0.5]), np.array(True))] == "N"


def test_the_planted_language_names_the_sector(make_recording: Callable[..., Path], tmp_path: Path) -> None:
    with open_recording(make_recording(tmp_path / "a.h5", 20, 32, "holistic")) as recording:
        labels = TARGETS["resource_location"].compute(recording)
        said = recording["channel/said"][:, 0, 0]
        meanings = {(symbol, labels.values[s, 0]) for s, symbol in enumerate(said.tolist()) if symbol}
        assert len(meanings) == len({symbol for symbol, _ in meanings}) == 9


def test_an_unknown_target_lists_all() -> None:
    assert find_target("own_energy") is TARGETS["own_energy"]
    with pytest.raises(
        TargetError, match=r"'resource_locaton': the nearest is resource_location, all are .*own_energy"
    ):
        find_target("resource_locaton")


def test_what_a_target_lacks_is_named(recording: Recording, tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan(n_episodes=2)
    with contents.writer_of(plan, tmp_path / "a.h5") as writer:
        columns = contents.columns_of(plan, 0)
        del columns["world/objects"]
        writer.write_shard(0, contents.episodes_of(plan, 0), columns)
        path = writer.finish()
    with open_recording(path) as bare, pytest.raises(TargetError, match="holds no world/objects"):
        TARGETS["altar_location"].compute(bare)
    with open_recording(path) as bare:
        bare.attrs["codes"] = {}
        with pytest.raises(TargetError, match="names no cell 'altar'"):
            TARGETS["altar_location"].compute(bare)
