"""A user's own targets from Python files, and the feature columns of other people's recordings."""

import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.targets import TARGETS, find_target, targets_of
from commlab.datasets.targets.blocks import label
from commlab.foundation.errors import TargetError

FILE = '''"""Targets of my own."""

from dataclasses import dataclass

import numpy as np

COUNT = 0


@dataclass
class Limit:
    joules: int = 100


def hungry(recording):
    """Whether the agent has less than 100 joules

    More is said here."""
    return recording["agents/energy"][:] < Limit().joules


def tens(recording):
    return recording["agents/energy"][:] // 10


def words(recording):
    """A word."""
    return np.where(recording["agents/energy"][:] < 100, "low", "high")


def real(recording):
    """Half of the energy, where it is even."""
    energy = recording["agents/energy"][:]
    return np.where(energy % 2 == 0, energy / 2, np.nan)


def gaps(recording):
    """A word or nothing."""
    energy = recording["agents/energy"][:]
    return [["low" if one < 100 else None for one in row] for row in energy.tolist()]


def late(recording):
    """Nothing in the first two episodes, then a half."""
    late = (recording.episodes.episode >= 2)[recording.row_episode]
    return np.ma.masked_array(np.full((recording.n_steps, recording.n_agents), 0.5), mask=~late[:, None].repeat(2, 1))


def changing(recording):
    """Numbers or words."""
    shape = (recording.n_steps, recording.n_agents)
    return np.zeros(shape) if recording.episodes.episode[0] == 0 else np.full(shape, "a")


def flat(recording):
    return np.zeros(recording.n_steps)


def nothing(recording):
    recording.n_steps


def ragged(recording):
    return [[1, 2], [1]]


def things(recording):
    return np.full((recording.n_steps, recording.n_agents), Limit())


def broken(recording):
    energy = recording["agents/energy"][:]
    return energy["no such thing"]


def lacking(recording):
    return recording["agents/enrgy"][:]


counted = []


def counting(recording):
    """How often the file was imported."""
    return np.full((recording.n_steps, recording.n_agents), len(counted))


counted.append(1)
not_a_function = 3
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "my_targets.py"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def recording(
    contents: ModuleType, make_recording: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Recording:
    return open_recording(make_recording(tmp_path_factory.mktemp("own") / "a.h5", 6, 160))


def test_truth_values_are_a_class_and_the_docstring_is_the_sentence(own: Path, recording: Recording) -> None:
    target = find_target(f"{own}:hungry", recording)
    assert (target.name, target.kind) == ("my_targets.py:hungry", "class")
    assert target.sentence == "Whether the agent has less than 100 joules."
    labels = target.compute(recording)
    assert labels.names == ("no", "yes")
    assert np.array_equal(labels.values, recording["agents/energy"][:] < 100)
    assert labels.valid.all()


def test_whole_numbers_and_words_are_classes_in_their_order(own: Path, recording: Recording) -> None:
    tens = find_target(f"{own}:tens", recording).compute(recording)
    assert [int(name) for name in tens.names] == sorted(int(name) for name in tens.names)
    numbers = np.array([int(name) for name in tens.names])
    assert np.array_equal(numbers[tens.values], recording["agents/energy"][:] // 10)
    words = find_target(f"{own}:words", recording).compute(recording)
    assert words.names == ("high", "low")
    assert np.array_equal(words.values == 1, recording["agents/energy"][:] < 100)


def test_real_numbers_are_numbers_and_nan_is_undefined(own: Path, recording: Recording) -> None:
    target = find_target(f"{own}:real", recording)
    labels = target.compute(recording)
    energy = recording["agents/energy"][:]
    assert (target.kind, labels.names) == ("number", ())
    assert np.array_equal(labels.valid, energy % 2 == 0)
    assert np.array_equal(labels.values[labels.valid], (energy / 2)[labels.valid].astype(np.float32))


def test_none_and_masked_values_are_undefined(own: Path, recording: Recording) -> None:
    gaps = find_target(f"{own}:gaps", recording).compute(recording)
    assert gaps.names == ("low",)
    assert np.array_equal(gaps.valid, recording["agents/energy"][:] < 100)
    late = find_target(f"{own}:late", recording)
    assert late.kind == "number"
    found = label(recording, late, [0, 1])
    assert np.array_equal(found.valid[:, 0], recording["steps/episode"][:] >= 2)


def test_a_file_is_imported_once_and_its_target_can_be_sent_to_a_worker(own: Path, recording: Recording) -> None:
    for _ in range(2):
        target = find_target(f"{own.parent}/../{own.parent.name}/my_targets.py:counting", recording)
        assert target.compute(recording).names == ("1",)
    again = pickle.loads(pickle.dumps(target))
    assert again.compute(recording).names == ("1",)
    for built_in in TARGETS.values():
        assert pickle.loads(pickle.dumps(built_in)).name == built_in.name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "flat",
            r"my_targets.py: flat returned the shape \(160,\), and it must return \(160, 2\): a value for every row",
        ),
        ("nothing", "nothing returned nothing, and it must return an array"),
        ("ragged", "ragged returned lists of unequal lengths"),
        (
            "things",
            "things returned values of type Limit, and it must return whole numbers, truth values, text or real",
        ),
        ("broken", "my_targets.py, line 73: broken failed with IndexError: only integers"),
        ("lacking", "my_targets.py, line 77: lacking failed with RecordingError: .* no column 'agents/enrgy'"),
        ("changing", "changing returned a number for some episodes and a class for others"),
        ("hungri", "my_targets.py has no function 'hungri': the nearest is hungry"),
        ("not_a_function", "my_targets.py has no function 'not_a_function'"),
        ("", "names no function"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(own: Path, recording: Recording, name: str, sentence: str) -> None:
    with pytest.raises(TargetError, match=sentence) as raised:
        ask_everything(f"{own}:{name}", recording)
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")


def ask_everything(name: str, recording: Recording) -> None:
    """Look for a target and compute it for every episode."""
    target = find_target(name, recording)
    for episode in range(recording.n_episodes):
        target.compute(recording.excerpt(episode, episode + 1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def target(:\n", "bad.py, line 1: importing it failed with SyntaxError"),
        ("\nimport no_such_module_anywhere\n", "bad.py, line 2: importing it failed with ModuleNotFoundError"),
        ("raise SystemExit(3)\n", "bad.py, line 1: importing it failed with SystemExit: 3"),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(TargetError, match=sentence):
        find_target(f"{tmp_path}/bad.py:target")


def test_a_function_that_ends_the_program_is_told_of(tmp_path: Path, recording: Recording) -> None:
    (tmp_path / "ends.py").write_text("import sys\n\ndef target(recording):\n    sys.exit(3)\n")
    with pytest.raises(TargetError, match=r"ends.py, line 4: target failed with SystemExit: 3"):
        find_target(f"{tmp_path}/ends.py:target", recording)


def test_numbers_too_large_to_hold_are_undefined(tmp_path: Path, recording: Recording) -> None:
    text = (
        "import numpy as np\n\ndef target(recording):\n    return recording['agents/energy'][:] * np.float64(1e300)\n"
    )
    (tmp_path / "large.py").write_text(text)
    labels = find_target(f"{tmp_path}/large.py:target", recording).compute(recording)
    assert not labels.valid.any()
    assert np.isfinite(labels.values).all()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="There is no file .*none.py"):
        find_target(f"{tmp_path}/none.py:target")
    with pytest.raises(TargetError, match="names no function"):
        find_target("my_targets.py")


def test_a_file_may_import_what_lies_beside_it(tmp_path: Path, recording: Recording) -> None:
    (tmp_path / "limits_beside.py").write_text("LIMIT = 100\n")
    (tmp_path / "mine.py").write_text(
        "import limits_beside\ndef low(recording):\n    return recording['agents/energy'][:] < limits_beside.LIMIT\n"
    )
    assert find_target(f"{tmp_path}/mine.py:low", recording).compute(recording).names == ("no", "yes")


def foreign(**features: Any) -> Recording:
    """A recording of someone else's agents, two episodes of three steps and two agents, with features alone."""
    codes = {"feature/colour": {"0": "red", "1": "blue"}}
    columns = {f"feature/{name}": np.asarray(values) for name, values in features.items()}
    return memory_recording({"codes": codes}, {"length": np.array([3, 3])}, columns)


def test_features_are_targets() -> None:
    colour = np.array([[0, 1], [1, 1], [-(2**31), 0]] * 2, dtype=np.int32)
    size = np.array([[0.5, np.nan], [1, 2], [3, 4]] * 2, dtype=np.float32)
    count = np.arange(12, dtype=np.int32).reshape(6, 2)
    recording = foreign(colour=colour, size=size, count=count)
    usable, reasons = targets_of(recording)
    assert {"feature.colour", "feature.size", "feature.count", "time", "own_body"} == set(usable)
    assert set(reasons) | set(usable) == set(TARGETS) | {"feature.colour", "feature.size", "feature.count"}
    assert all(reason.endswith(".") and "\n" not in reason for reason in reasons.values())
    labels = usable["feature.colour"].compute(recording)
    assert labels.names == ("red", "blue")
    assert np.array_equal(labels.valid, colour >= 0)
    assert np.array_equal(labels.values[labels.valid], colour[labels.valid])
    labels = find_target("feature.size", recording).compute(recording)
    assert (usable["feature.size"].kind, labels.names) == ("number", ())
    assert np.array_equal(labels.valid, np.isfinite(size))
    labels = find_target("feature.count").compute(recording)
    assert labels.names == tuple(map(str, range(12)))


def test_whole_numbers_of_many_values_are_numbers() -> None:
    recording = memory_recording(
        {}, {"length": np.array([60])}, {"feature/far": np.arange(120, dtype=np.int32).reshape(60, 2)}
    )
    target = find_target("feature.far", recording)
    labels = target.compute(recording)
    assert (target.kind, labels.names) == ("number", ())
    assert np.array_equal(labels.values, np.arange(120).reshape(60, 2))


def test_an_unknown_feature_names_the_nearest() -> None:
    recording = foreign(colour=np.zeros((6, 2), dtype=np.int32))
    with pytest.raises(TargetError, match=r"no column feature/color: the nearest it has are feature\.colour"):
        find_target("feature.color", recording)
    with pytest.raises(TargetError, match=r"the nearest is feature\.colour"):
        find_target("feature_colour", recording)
    with pytest.raises(TargetError, match=r"no column feature/color: its features are colour"):
        find_target("feature.color").compute(recording)


def test_every_built_in_target_says_what_it_lacks() -> None:
    recording = foreign(colour=np.zeros((6, 2), dtype=np.int32))
    for name, target in TARGETS.items():
        if name in ("time", "own_body"):
            continue
        with pytest.raises(TargetError):
            target.compute(recording)


@pytest.mark.parametrize("at_once", [True, False])
def test_listeners_of_other_peoples_games_hear_at_once_or_a_step_later(at_once: bool) -> None:
    said = np.array([[[3], [0]], [[4], [0]], [[0], [0]]] * 2, dtype=np.uint8)
    speaker = np.full((6, 2, 1), -1, dtype=np.int16)
    for s in range(6):
        later = s if at_once else s + 1
        if said[s, 0, 0] and later % 3 >= (0 if at_once else 1) and later < 6:
            speaker[later, 1] = 0
    action = np.arange(12, dtype=np.uint8).reshape(6, 2)
    columns = {"channel/said": said, "channel/speaker": speaker, "policy/action": action}
    recording = memory_recording({}, {"length": np.array([3, 3])}, columns)
    labels = TARGETS["listener_next_action"].compute(recording)
    assert labels.valid.tolist() == [[True, False], [True, False], [False, False]] * 2
    heard = np.array([0, 1, 3, 4]) + (0 if at_once else 1)
    assert [labels.names[value] for value in labels.values[[0, 1, 3, 4], 0]] == [str(action[s, 1]) for s in heard]
