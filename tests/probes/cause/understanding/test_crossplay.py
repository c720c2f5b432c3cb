"""Cross-play: who grew up with a code understands it, others do not, and the deaf do not mind who speaks."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CheckpointError, DataError
from commlab.foundation.result import Result
from commlab.probes.cause.twins import play
from commlab.probes.cause.understanding.crossplay import Source, fit, parts_of


@pytest.fixture(scope="module")
def lookout() -> Any:
    return load_scenario("lookout")


def played(scenario: Any, listener: str, *seeds: int) -> Result:
    """Cross-play of planted codes drawn from seeds."""
    sources = [Source(f"code {seed}", plant("holistic", seed, listener, scenario)) for seed in seeds]
    return fit(sources, 32, n_null=99)


@pytest.fixture(scope="module")
def crossed(lookout: Any) -> Result:
    return played(lookout, "obeying", 0, 1)


def means(matrix: Any) -> Any:
    """The means of a matrix of cells."""
    return np.array([[cell["mean"] for cell in row] for row in matrix])


def test_own_speakers_are_worth_more_than_others(crossed: Result) -> None:
    returns = means(crossed.details["returns"])
    own = np.diag(returns)
    assert (own > 5).all()
    assert (returns[~np.eye(2, dtype=bool)] < 2).all()
    assert crossed.estimate == pytest.approx(own.mean() - returns[~np.eye(2, dtype=bool)].mean())
    assert crossed.interval is not None
    assert crossed.interval[0] > 3
    assert crossed.p_value == pytest.approx(0.01)
    assert crossed.details["own_is_best"] == {"k": 2, "n": 2}
    assert all(muted["mean"] < 2 for muted in crossed.details["muted"])


def test_codes_are_understood_as_far_as_they_share_words(crossed: Result) -> None:
    found = crossed.details["understanding"]
    matrix, shared = means(found["matrix"]), np.array(found["shared_words"])
    assert found["n_words"] == [8, 8]
    assert np.diag(shared).tolist() == [8, 8]
    assert (np.diag(matrix) > 0.5).all()
    assert np.abs(matrix - np.diag(matrix) * shared / 8).max() < 0.25
    assert all(muted["mean"] < 0.2 for muted in found["muted"])
    assert found["own_is_best"] == {"k": 2, "n": 2}
    assert found["own_less_others"]["interval"][0] > 0.3


def test_the_deaf_do_not_mind_who_speaks(lookout: Any) -> None:
    result = played(lookout, "deaf", 0, 1)
    assert result.estimate == 0
    assert result.p_value == 1
    assert result.details["own_is_best"] == {"k": 0, "n": 2}
    returns = means(result.details["returns"])
    assert np.ptp(returns) == 0
    assert result.details["understanding"]["own_less_others"]["mean"] == 0


def test_a_code_with_itself_makes_no_difference(lookout: Any) -> None:
    result = played(lookout, "obeying", 4, 4)
    assert result.estimate == 0
    assert np.ptp(means(result.details["returns"])) == 0
    assert np.ptp(means(result.details["understanding"]["matrix"])) == 0


def test_the_result_survives_json(crossed: Result) -> None:
    again = Result.from_json(crossed.to_json())
    assert again.details["names"] == ["code 0", "code 1"]
    assert again.name == "crossplay-code_0-code_1"


def test_all_pairs_play_in_one_world(lookout: Any) -> None:
    """Whose speakers they are must not decide by what kinship the pair is paid."""
    selfish = lookout.model_copy(update={"kinship": lookout.kinship.model_copy(update={"structure": "selfish"})})
    worlds = {"kin": lookout, "strangers": selfish}
    sources = [Source(name, plant("holistic", 0, "deaf", world)) for name, world in worlds.items()]
    assert play(sources[0].agents, 16).returns.mean() > play(sources[1].agents, 16).returns.mean()
    assert np.ptp(means(fit(sources, 16, n_null=9).details["returns"])) == 0


def test_one_source_and_other_worlds_are_refused(lookout: Any) -> None:
    one = Source("one", plant("holistic", 0, scenario=lookout))
    with pytest.raises(DataError, match="Cross-play needs two sources or more"):
        fit([one])
    with pytest.raises(DataError, match="4 episodes are too few"):
        fit([one, one], 4)
    with pytest.raises(CheckpointError, match="cannot meet"):
        fit([one, Source("two", plant("holistic", 0))], 16)


def test_who_speaks_and_who_listens(lookout: Any) -> None:
    assert parts_of(lookout) == ((0,), (1,))
    rivals = load_scenario("rivals")
    assert parts_of(rivals) == ((0, 2), (1, 3))
