"""Doses: who obeys goes to the named place, for kin alone where only kin is obeyed; the deaf do not change at all."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_mean
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.probes.cause.injecting import dose
from commlab.probes.cause.injecting.courses import course
from commlab.probes.cause.injecting.dose_levels import Values, levels_of
from commlab.probes.cause.injecting.doses import Cell, Sweep
from commlab.probes.cause.trials import ANY_TIME, Trials, Window, choose_in_window, phantom_plan
from commlab.probes.cause.twins import play
from commlab.recording import Request, record

LISTENERS = (1,)


def sweep(agents: Any, codebook: Codebook, *by: str, **changes: Any) -> Result:
    """The result of a sweep over 64 episodes."""
    return dose.fit(agents, Sweep(by, n_episodes=64, **changes), codebook, LISTENERS, n_null=99)


@pytest.fixture(scope="module")
def by_symbol(obeying: Any, codebook: Codebook) -> Result:
    return sweep(obeying, codebook, "symbol")


@pytest.fixture(scope="module")
def kin_only() -> Any:
    """Scripted agents in lookout whose gatherer obeys none but kin."""
    return plant("holistic", 3, "obeying-kin", load_scenario("lookout"))


@pytest.fixture(scope="module")
def kin_codebook(kin_only: Any, tmp_path_factory: pytest.TempPathFactory) -> Codebook:
    """What its scout's symbols stand for."""
    path = record(kin_only, Request(tmp_path_factory.mktemp("kin") / "kin.h5", 96))
    with open_recording(path) as recording:
        return fit_codebook(recording, (0,))


def test_each_word_sends_who_obeys_to_its_place(obeying: Any, by_symbol: Result) -> None:
    cells = {cell["symbol"]: cell for cell in by_symbol.details["cells"]}
    assert sorted(cells) == list(range(1, 12))
    for symbol, place in obeying.policy.codebook.items():
        cell = cells[symbol]
        assert tuple(cell["place"]) == place
        assert cell["rates"]["told"]["rate"] > 0.95
        assert cell["rates"]["another"]["rate"] < 0.05
        assert cell["effect"]["interval"][0] > 0.9
        assert cell["p_adjusted"] == pytest.approx(1 / 100)
        assert cell["kl_bits"]["mean"] > 1
        told = cell["courses"]["told"]
        assert min(told["distance"]["mean"]) < 2 < told["distance"]["mean"][0]
        assert np.all(np.diff(told["arrived"]["mean"]) >= 0)
        assert told["arrived"]["low"][10] <= told["arrived"]["mean"][10] <= told["arrived"]["high"][10]
    assert by_symbol.estimate == pytest.approx(1, abs=0.05)
    assert by_symbol.p_value == pytest.approx(1 / 100)
    assert by_symbol.details["places_drawn_anew"]["high"] < 0.5 < by_symbol.details["places_drawn_anew"]["rate"]


def test_symbols_without_a_place_have_no_effect_to_tell(obeying: Any, by_symbol: Result) -> None:
    unused = set(range(1, 12)) - set(obeying.policy.codebook)
    assert set(by_symbol.details["unused"]) == unused
    for cell in by_symbol.details["cells"]:
        if cell["symbol"] in unused:
            assert cell["place"] is None
            assert cell["effect"] is None
            assert cell["p_adjusted"] is None


def test_the_deaf_do_not_change_at_all(deaf: Any, codebook: Codebook) -> None:
    result = sweep(deaf, codebook, "dose")
    assert result.estimate == 0
    assert result.interval == (0, 0)
    assert result.p_value == 1
    for cell in result.details["cells"]:
        assert cell["kl_bits"]["mean"] == cell["kl_bits_other_episode"]["mean"] == cell["return"]["mean"] == 0
        if cell["effect"] is not None:
            assert cell["effect"]["mean"] == cell["against_silence"]["mean"] == cell["closer"]["mean"] == 0
            assert cell["p_adjusted"] == 1
            told, silence = (cell["courses"][arm]["distance"]["mean"] for arm in ("told", "silence"))
            assert told == silence
    assert all(factor["p_value"] == 1 for factor in result.details["levels"].values())


def test_a_plan_that_does_nothing_changes_nothing(by_symbol: Result) -> None:
    assert by_symbol.details["no_op_bits"] == 0


def test_who_obeys_kin_alone_obeys_phantoms_of_kin_alone(kin_only: Any, kin_codebook: Codebook) -> None:
    result = sweep(kin_only, kin_codebook, "kinship")
    effects = {cell["kinship"]: cell["effect"]["mean"] for cell in result.details["cells"]}
    assert effects[-1.0] == effects[0.0] == 0
    assert min(effects[0.25], effects[0.5], effects[1.0]) > 0.5
    factor = result.details["levels"]["kinship"]
    assert factor["p_value"] == pytest.approx(1 / 100)
    assert factor["slope"]["interval"][0] > 0
    assert result.details["kinship_in_play"] == [1.0]
    assert "kinships of -1, 0, 0.25, 0.5 never occur among these agents" in result.sentence


def test_who_takes_words_for_a_clock_does_not_follow_them(kin_codebook: Codebook) -> None:
    clock = plant("holistic", 3, "clock", load_scenario("lookout"))
    result = sweep(clock, kin_codebook)
    (cell,) = result.details["cells"]
    assert cell["kl_bits"]["mean"] > 0  # any word moves it,
    assert cell["effect"]["mean"] == 0  # but one no more than another
    assert result.p_value == 1


def test_the_deaf_find_a_place_as_often_as_one_drawn_anew(deaf: Any, codebook: Codebook) -> None:
    """Places are asked for where no crystal is, and drawn anew there too: elsewhere the deaf go first less often."""
    anew = dose.fit(deaf, Sweep((), n_episodes=256), codebook, LISTENERS).details["places_drawn_anew"]
    assert anew["low"] <= anew["rate"] <= anew["high"]
    assert anew["p_value"] > 0.2


def test_a_word_alone_is_not_compared_with_silence(obeying: Any, codebook: Codebook) -> None:
    """Where there is no other word to say, nothing tells a word from any sound."""
    only = codebook.meaningful[0]
    alone = codebook._replace(entries={only.symbol: only})
    with pytest.raises(DataError, match="or agents with two words or more"):
        sweep(obeying, alone, "symbol")


def test_a_word_said_longer_is_no_less_obeyed(obeying: Any, codebook: Codebook) -> None:
    result = sweep(obeying, codebook, "dose")
    assert [cell["duration"] for cell in result.details["cells"]] == [1, 2, 4, 8, 16]
    assert {cell["slots"] for cell in result.details["cells"]} == {1}
    assert all(cell["effect"]["mean"] > 0.5 for cell in result.details["cells"])


def test_moments_are_early_and_late_with_full_hands_and_empty_ones(obeying: Any, codebook: Codebook) -> None:
    result = sweep(obeying, codebook, "moment")
    moments = [cell["moment"] for cell in result.details["cells"]]
    assert len(set(moments)) == 6
    assert sum(moment.startswith("carrying") for moment in moments) == 3
    carrying = [cell for cell in result.details["cells"] if cell["moment"].startswith("carrying")]
    assert all(cell["kl_bits"]["mean"] == 0 for cell in carrying)  # it goes to the altar first, whatever it hears


def test_trials_lie_in_their_window(obeying: Any) -> None:
    natural, rng = play(obeying, 64), np.random.default_rng(0)
    for carrying in (False, True):
        trials = choose_in_window(natural, LISTENERS, rng, Window(carrying, 5, 20))
        assert len(trials) > 32
        assert 5 <= trials.step.min() <= trials.step.max() <= 20
        held = natural.energy[trials.step, trials.episode, trials.listener] > 0
        assert (held == carrying).all()
    assert str(ANY_TIME) == "empty-handed"


def test_several_phantoms_fill_several_slots() -> None:
    trials = Trials(np.array([0, 2]), np.array([1, 0]), np.array([3, 7]))
    plan = phantom_plan(trials, (8, 3, 2), np.array([[4, 0], [5, 6]]), 0.5, n_slots=2)
    assert [change.operation for change in plan.changes] == ["mute", "inject", "inject"]
    mute, inject, _ = plan.changes
    assert np.argwhere(mute.where).tolist() == [[3, 0, 1], [4, 0, 1], [7, 2, 0]]
    assert np.argwhere(inject.where).tolist() == [[3, 0, 1], [7, 2, 0]]
    assert inject.symbols[7, 2, 0, 0] == 5
    assert inject.kinship.ravel().tolist() == [8]


def test_a_course_has_the_intervals_of_each_of_its_steps() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(400, 3)) + np.array([0, 1, 5])
    values[1:, 2] = np.nan
    found = course(values, np.random.default_rng(0), 2000)
    assert found["mean"][:2] == pytest.approx(values[:, :2].mean(axis=0).tolist())
    for s in (0, 1):
        expected = bca_mean(values[:, s], np.random.default_rng(1))
        assert (found["low"][s], found["high"][s]) == pytest.approx(expected, abs=0.02)
    assert found["mean"][2] is not None
    assert found["low"][2] is found["high"][2] is None


def test_levels_that_differ_are_told_from_levels_that_do_not() -> None:
    rng = np.random.default_rng(1)
    cells = [Cell(None, None, kinship, ANY_TIME, duration, 1) for kinship in (0.0, 1.0) for duration in (1, 8)]
    effects = rng.normal(size=(60, 4)) + np.array([0, 0, 1, 1])
    effects[::7, 0] = np.nan
    found = levels_of(Values(effects, cells), rng, 99)
    assert found["kinship"]["p_value"] == pytest.approx(1 / 100)
    assert found["kinship"]["slope"]["mean"] == pytest.approx(1, abs=0.3)
    assert found["duration"]["p_value"] > 0.05
    assert set(found) == {"kinship", "duration"}


def test_the_same_seed_gives_the_same_result(obeying: Any, codebook: Codebook) -> None:
    one, other = (sweep(obeying, codebook) for _ in range(2))
    assert one.name == "dose"
    assert one.details == other.details
    assert sweep(obeying, codebook, seed=1).details != one.details


@pytest.mark.parametrize(
    ("by", "changes", "sentence"),
    [
        (
            ("symbols",),
            {},
            "--by 'symbols' is nothing that can be varied: the nearest is symbol, all are symbol, listener",
        ),
        (("symbol", "symbol"), {}, "names something twice"),
        (("kinship",), {"symbol": 12}, "--message 12 cannot be swept with: symbols are 1 to 11 here."),
        (("kinship",), {"symbol": 0}, "--message 0 cannot be swept with"),
        (("symbol",), {"listener": 2}, "--listener 2 does not exist: agents are 0 to 1."),
        (("symbol",), {"kinship": -1.5}, "--kinship -1.5 is outside -1 to 1."),
        (("symbol",), {"duration": 64}, "--for 64 is not 1 to 63 steps"),
        (("symbol",), {"n_slots": 2}, "--slots 2 is not 1 to 1"),
        (("symbol",), {"at": 63}, "--at 63 is not within the episode"),
    ],
)
def test_what_cannot_be_swept_is_refused(
    obeying: Any, codebook: Codebook, by: tuple[str, ...], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InterventionError) as error:
        sweep(obeying, codebook, *by, **changes)
    assert sentence in str(error.value)


def test_without_words_there_is_nothing_to_sweep(obeying: Any) -> None:
    with pytest.raises(DataError, match="No symbol stands for a place"):
        sweep(obeying, Codebook({}, 12), "symbol")
