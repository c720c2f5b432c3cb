"""Understanding: obeyed words score high, deaf listeners by chance, missing and shared words cost their places."""

from typing import Any

import numpy as np
import pytest

from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.codebook import Word, fit_words
from commlab.probes.cause.trials import Trials
from commlab.probes.cause.understanding import score as understanding
from commlab.probes.cause.understanding.score import Places, Played, find_places
from commlab.recording import Request, record

LISTENERS = (1,)
NO_WORD = Word(None, None, None, None, 1.0, 0, ())


@pytest.fixture(scope="module")
def places(obeying: Any) -> Places:
    return find_places(obeying.scenario)


@pytest.fixture(scope="module")
def words(obeying: Any, places: Places, tmp_path_factory: pytest.TempPathFactory) -> list[Word]:
    path = record(obeying, Request(tmp_path_factory.mktemp("words") / "pair.h5", 64))
    with open_recording(path) as recording:
        return fit_words(recording, (0,), [(row, column) for row, column in places.cells.tolist()])


@pytest.fixture(scope="module")
def obeyed(obeying: Any, words: list[Word]) -> Result:
    return understanding.fit(obeying, words, LISTENERS, 256)


@pytest.fixture(scope="module")
def unheard(deaf: Any, words: list[Word]) -> Result:
    return understanding.fit(deaf, words, LISTENERS, 256)


def test_each_place_has_the_word_that_the_scout_says_of_it(obeying: Any, words: list[Word], places: Places) -> None:
    book = obeying.policy.codebook
    for word, cell in zip(words, places.cells.tolist(), strict=True):
        assert word.symbol is not None
        assert book[word.symbol] == tuple(cell)
        assert word.share == 1
        assert word.shared_with == ()


def test_who_obeys_understands_nearly_always(obeyed: Result) -> None:
    found = obeyed.details
    assert obeyed.estimate == found["score"]
    assert found["score"] > 0.9
    assert found["score"] - max(found["untouched"], found["random"]) > 0.4
    assert obeyed.p_value == pytest.approx(1 / 200)
    assert found["over_untouched"][0] > 0.4
    assert found["over_random"][0] > 0.4
    assert (found["missing"], found["shared"]) == ([], [])


def test_the_score_is_the_mean_over_places(obeyed: Result, places: Places) -> None:
    table = obeyed.details["places"]
    assert list(table) == list(places.names)
    assert np.mean([row["score"] for row in table.values()]) == pytest.approx(obeyed.estimate)
    assert sum(row["n"] for row in table.values()) == obeyed.n_episodes
    for name, row in table.items():
        assert sum(row["first"].values()) + row["nowhere"] == row["n"]
        assert row["first"][name] >= row["score"] * row["n"] - 1e-9
    assert obeyed.interval is not None
    assert obeyed.interval[0] <= obeyed.details["score"] <= obeyed.interval[1]


def test_who_is_deaf_understands_no_more_than_by_chance(unheard: Result) -> None:
    found = unheard.details
    assert unheard.p_value is not None
    assert unheard.null is not None
    assert unheard.p_value > 0.05
    assert found["score"] == pytest.approx(found["untouched"])
    assert found["score"] == pytest.approx(found["random"])
    assert found["over_untouched"] == (0.0, 0.0)


def test_a_place_without_a_word_counts_nothing(obeying: Any, words: list[Word], obeyed: Result, places: Places) -> None:
    result = understanding.fit(obeying, [NO_WORD, *words[1:]], LISTENERS, 256)
    first, *others = places.names
    assert result.details["missing"] == [first]
    assert result.details["places"][first]["score"] == 0
    assert result.estimate == pytest.approx(
        sum(obeyed.details["places"][name]["score"] for name in others) / 4, abs=0.05
    )
    assert f"No word, and so 0: {first}." in result.sentence


def test_without_any_word_nothing_is_understood(obeying: Any) -> None:
    result = understanding.fit(obeying, [NO_WORD] * 4, LISTENERS, 64)
    assert result.estimate == 0
    assert result.p_value == 1


def test_places_that_share_a_word_are_named_and_cost_one_of_them(obeying: Any, words: list[Word]) -> None:
    shared = [words[0]._replace(shared_with=(1,)), words[0]._replace(shared_with=(0,)), *words[2:]]
    result = understanding.fit(obeying, shared, LISTENERS, 256)
    one, other = result.details["shared"][0]
    scores = [result.details["places"][name]["score"] for name in (one, other)]
    assert max(scores) > 0.9
    assert min(scores) == 0
    assert f"One word for {one} and {other}." in result.sentence


def test_places_that_are_crossed_can_be_left_out(obeyed: Result, unheard: Result) -> None:
    for result in (obeyed, unheard):
        assert result.details["crossing"]["score"] >= result.details["score"]
        assert all(row["crossing"] >= row["score"] for row in result.details["places"].values())
    assert unheard.details["crossing"]["score"] == pytest.approx(unheard.details["crossing"]["untouched"])


def test_who_is_sent_beyond_a_place_may_cross_it_and_no_other() -> None:
    steps = np.array([[2, 4, 9], [2, 4, 3], [2, 4, 9]])  # of three trials that ask for place 1, until each place
    crossed = np.array([[True, True, False], [True, True, False], [False, True, False]])
    trials = Trials(np.arange(3), np.ones(3, np.int64), np.zeros(3, np.int64))
    asked, crystal, sayable = np.ones(3, np.int64), np.zeros((3, 3), np.bool_), np.ones(3, np.bool_)
    played = Played(trials, crystal, asked, sayable, crossed, 5, {"told": steps})
    assert played.hits("told").tolist() == [0, 0, 0]
    assert played.hits_crossing("told").tolist() == [1, 0, 0]
    assert played._replace(limit=3).hits_crossing("told").tolist() == [0, 0, 0]
    assert played._replace(sayable=~sayable).hits_crossing("told").tolist() == [0, 0, 0]


def test_the_strict_limit_is_the_median_of_natural_trips(obeyed: Result) -> None:
    trip = obeyed.details["trip"]
    assert 1 <= trip["limit"] <= obeyed.details["limit"] <= understanding.SPAN
    assert 0.5 <= trip["natural"] <= trip["natural_in_limit"]
    assert trip["score"] <= obeyed.details["score"]


def test_the_same_seed_gives_the_same_result(obeying: Any, words: list[Word], obeyed: Result) -> None:
    again = understanding.fit(obeying, words, LISTENERS, 256)
    assert (again.estimate, again.interval, again.null, again.details) == (
        obeyed.estimate,
        obeyed.interval,
        obeyed.null,
        obeyed.details,
    )


def test_lookout_has_its_eight_places_by_direction() -> None:
    assert sorted(find_places(load_scenario("lookout")).names) == ["E", "N", "NE", "NW", "S", "SE", "SW", "W"]


@pytest.mark.parametrize(("name", "why"), [("gallery-altar", "it has 0 sites"), ("rooms", "its maps differ")])
def test_a_scenario_without_places_to_name_is_refused_in_a_sentence(name: str, why: str) -> None:
    with pytest.raises(DataError, match=f"between the sites .* {why}"):
        find_places(load_scenario(name))


def test_too_few_trials_are_refused(obeying: Any, words: list[Word]) -> None:
    with pytest.raises(DataError, match="take more episodes"):
        understanding.fit(obeying, words, LISTENERS, 5)
