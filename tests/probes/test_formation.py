"""How a language formed: from a tiny run, and by hand."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.checkpoint import save_checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CheckpointError, DataError, TargetError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes import formation
from commlab.probes.course import add_q_values, rose_at, sentence, settled_at
from commlab.probes.drift import Code, agreement, alike

QUICK = {"n_episodes": 24, "n_null": 19}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of three checkpoints that were never trained, the last two of them the same."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "tiny")
    folder.checkpoints.mkdir(parents=True)
    scenario = load_scenario("lookout", {"steps": 16, "start.scatter": 1})
    for number, seed in enumerate((1, 2, 2)):
        policy = RecurrentPolicy(scenario, 8, seed=seed)
        facts = {"agent_steps": 1000 * number, "grounding": "none"}
        save_checkpoint(folder.checkpoints / f"steps-{1000 * number:012d}.pt", policy, scenario, "all", facts)
    return folder


@pytest.fixture(scope="module")
def result(run: RunFolder) -> Result:
    return formation.fit(run, ["resource_location"], **QUICK)


def series(result: Result, key: str) -> list[dict[str, Any]]:
    return next(one["points"] for one in result.details["series"] if one["key"] == key)


def test_every_checkpoint_is_measured(result: Result) -> None:
    assert [stage["agent_steps"] for stage in result.details["checkpoints"]] == [0, 1000, 2000]
    keys = {one["key"] for one in result.details["series"]}
    assert keys >= {"return", "bits:resource_location", "probe", "message_entropy", "silence", "agreement"}
    for point in series(result, "return"):
        assert point["low"] <= point["value"] <= point["high"]
    for key in keys:
        assert all(point["value"] is not None or point["reason"] for point in series(result, key))


def test_the_same_weights_give_the_same_numbers_at_every_step_of_training(result: Result) -> None:
    for one in result.details["series"]:
        first, second = one["points"][1:]
        assert {**first, "agent_steps": 0} == {**second, "agent_steps": 0}


def test_the_estimate_is_the_last_checkpoints_information(result: Result) -> None:
    last = series(result, "bits:resource_location")[-1]
    assert result.estimate == last["value"]
    assert result.p_value == last["p_value"]
    assert result.interval == (last["low"], last["high"])
    assert result.null is not None
    assert result.null.high == last["null_high"]
    assert result.provenance["grounding"] == "none"
    assert "3 checkpoints from 0 to 2,000 agent steps, 24 episodes each" in result.sentence


def test_it_is_the_same_again_and_survives_being_saved(run: RunFolder, result: Result, tmp_path: Path) -> None:
    again = formation.fit(run, ["resource_location"], **QUICK)
    assert again.details == result.details
    assert Result.load(result.save(tmp_path)).sentence == result.sentence


def test_a_single_checkpoint_says_that_it_is_one(run: RunFolder, tmp_path: Path) -> None:
    alone = RunFolder(tmp_path / "alone")
    alone.checkpoints.mkdir(parents=True)
    shutil.copy(run.checkpoints / "steps-000000002000.pt", alone.checkpoints)
    found = formation.fit(alone, **QUICK)
    assert "single checkpoint, at 2,000 agent steps" in found.sentence
    assert "cannot be told" in found.sentence
    assert found.details["targets"][0] == "resource_location"  # by default, where it varies


def test_progress_is_told(run: RunFolder) -> None:
    told: list[tuple[int, int]] = []
    formation.fit(run, ["resource_location"], most=2, watch=lambda done, total: told.append((done, total)), **QUICK)
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"n_episodes": 4}, DataError, "16 or more"),
        ({"most": 1}, DataError, "At least 2"),
        ({"targets": ["resource_locatoin"]}, TargetError, "resource_location"),
        ({"targets": ["own_energy"]}, DataError, "is a number"),
    ],
)
def test_what_cannot_be_measured_is_refused(run: RunFolder, changes: dict[str, Any], error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        formation.fit(run, **({"targets": ["resource_location"], **QUICK} | changes))


def test_a_run_without_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        formation.fit(tmp_path)


def test_checkpoints_are_thinned_evenly_with_the_first_and_the_last() -> None:
    paths = [Path(str(i)) for i in range(11)]
    assert formation.thinned(paths, 3) == [paths[0], paths[5], paths[10]]
    assert formation.thinned(paths, 50) == paths


def course(values: list[float], p_values: list[float], width: float = 0.1) -> list[dict[str, Any]]:
    """Points at 0, 1, 2, … million steps."""
    made = [
        {"agent_steps": 1_000_000 * i, "value": v, "low": v - width, "high": v + width, "p_value": p, "reason": None}
        for i, (v, p) in enumerate(zip(values, p_values, strict=True))
    ]
    add_q_values(made)
    return made


def words(points: list[dict[str, Any]]) -> str:
    rose, settled = rose_at(points), settled_at(points)
    steps = [p["agent_steps"] for p in points]
    details = {"target": "t", "n_episodes": 99, "rose_at": None if rose is None else steps[rose]}
    return sentence({**details, "settled_at": None if settled is None else steps[settled]}, points)


def test_speech_rises_where_it_stays_above_chance_and_settles_where_it_stays_the_same() -> None:
    points = course([0, 0.5, 0.01, 1, 2, 2.1, 2.05, 2.1], [0.9, 0.01, 0.9, 0.01, 0.01, 0.01, 0.01, 0.01])
    assert rose_at(points) == 3  # what rose and fell again does not count
    assert settled_at(points) == 4
    assert "rose above chance at 3.0 million agent steps and settled at 2.10 bits by 4.0 million" in words(points)


def test_speech_that_still_climbs_has_not_settled() -> None:
    climbing = course([0, 0.5, 1, 1.5, 2, 2.5], [0.9, 0.01, 0.01, 0.01, 0.01, 0.01])
    assert settled_at(climbing) is None
    assert "was still changing at the end" in words(climbing)


def test_speech_without_meaning_is_not_above_chance() -> None:
    assert "not above chance at the last checkpoint" in words(course([0, 0.3, 0], [0.9, 0.01, 0.4]))


def test_many_checkpoints_of_noise_do_not_rise_by_luck() -> None:
    rng = np.random.default_rng(0)
    rises = sum(rose_at(course([0.01] * 12, list(rng.random(12)))) is not None for _ in range(400))
    assert rises <= 20


def code(table: Any, n_episodes: int = 40, seed: int = 0, messages: tuple[str, ...] = ("a", "b", "c")) -> Code:
    """A code of 30 steps an episode, drawn from P(message, value)."""
    share = np.asarray(table, dtype=float)
    counts = np.random.default_rng(seed).multinomial(30, share.reshape(-1) / share.sum(), n_episodes)
    return Code(counts.reshape(n_episodes, *share.shape), messages, tuple("xyz"))


def test_the_same_code_agrees_and_an_exchanged_one_does_not() -> None:
    same = agreement(code(np.eye(3)), code(np.eye(3), seed=1))
    assert same.value == pytest.approx(1)
    assert same.interval == pytest.approx((1, 1))
    turned = agreement(code(np.roll(np.eye(3), 1, axis=0)), code(np.eye(3), seed=1))
    assert turned.value == pytest.approx(-0.5, abs=0.02)  # chance agrees in a third
    assert turned.raw == pytest.approx(0)


def test_noise_agrees_as_much_as_chance() -> None:
    values = [agreement(code(np.ones((3, 3)), seed=s), code(np.eye(3), seed=99)) for s in range(20)]
    assert np.mean([v.value for v in values]) == pytest.approx(0, abs=0.02)
    assert sum(v.interval[0] <= 0 <= v.interval[1] for v in values) >= 16


def test_names_are_matched_and_what_is_not_said_counts_nothing() -> None:
    reference = code(np.eye(3))
    other = Code(code(np.eye(3), seed=1).counts[:, ::-1], ("c", "b", "a"), tuple("xyz"))
    assert agreement(other, reference).value == pytest.approx(1)
    lacking = code(np.eye(3), seed=1, messages=("a", "b", "d"))
    assert agreement(lacking, reference).raw == pytest.approx(2 / 3, abs=0.05)


def test_an_agreement_without_messages_is_undefined() -> None:
    silent = Code(np.zeros((5, 1, 3), int), ("a",), tuple("xyz"))
    assert agreement(silent, code(np.eye(3))).value is None
    single = Code(np.ones((5, 1, 3), int), ("a",), tuple("xyz"))
    assert agreement(code(np.eye(3)), single).value is None


def test_likeness_by_hand() -> None:
    found = alike(np.array([[2.0, 0], [1, 1], [0, 0]]), np.array([[1.0, 0], [0, 4]]))
    entropy = 0.75 * np.log2(4 / 3) + 0.25 * 2  # of the mean of (1, 0) and (½, ½)
    assert found[0].tolist() == pytest.approx([1, 0])
    assert found[1].tolist() == pytest.approx([1 - (entropy - 0.5)] * 2)
    assert found[2].tolist() == [0, 0]
