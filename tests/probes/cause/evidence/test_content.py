"""Content: who obeys goes toward what other episodes' messages were about; who is deaf or reads otherwise does not."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.foundation.errors import DataError
from commlab.probes.cause.evidence import content
from commlab.probes.cause.evidence.content import Drawn, Moved, Wish, _moved, _relabelled, _seen_in_both
from commlab.probes.cause.twins import play

WISH = Wish(n_episodes=128, n_null=99)


def test_who_obeys_goes_toward_what_was_told(obeying: Any) -> None:
    result = content.fit(obeying, WISH)
    assert result.estimate is not None
    assert result.interval is not None
    assert result.interval[0] > 1
    assert result.p_value == pytest.approx(1 / 100)
    assert result.null is not None
    assert result.null.high < result.interval[0]
    assert result.details["relabelled"]["exact"]
    assert result.details["relabelled"]["p_value"] == pytest.approx(1 / 24)  # of four messages, best of all orders
    assert result.details["toward"] > 0.9


def test_the_deaf_do_not_move_at_all(deaf: Any) -> None:
    result = content.fit(deaf, WISH)
    assert result.estimate == 0
    assert result.interval == (0, 0)
    assert result.p_value == 1
    assert result.details["relabelled"]["p_value"] == 1
    assert result.details["toward"] == result.details["away"] == 0


def test_a_reading_of_ones_own_is_found_out() -> None:
    """By chance, this listener takes some messages for what they mean, and passes the first null."""
    result = content.fit(plant("holistic", 5, "noise-driven"), Wish())
    assert result.interval is not None
    assert result.interval[0] > 0
    assert (result.p_value or 0) < 0.05
    assert result.details["relabelled"]["p_value"] > 0.01


def test_strangers_are_not_heeded_by_who_obeys_kin() -> None:
    agents = plant("synonymous", 0, "obeying-kin")
    kin = content.fit(agents, WISH)
    strangers = content.fit(agents, WISH._replace(kinship=0.0))
    assert (kin.estimate or 0) > 1
    assert strangers.estimate == 0


def test_only_some_episodes_may_be_told_and_taken_from(obeying: Any) -> None:
    half = np.arange(128) % 2 == 0
    natural = play(obeying, 128)
    result = content.fit(obeying, WISH._replace(told=half, sources=~half), natural)
    assert result.n_episodes == 64
    assert (result.estimate or 0) > 1


def test_trials_that_end_at_once_are_no_evidence_of_standing_still() -> None:
    n = 20
    arm = Drawn(np.ones((n, 1), np.uint8), np.ones((n, 2), np.int64), np.ones(n, np.bool_))
    paths = [np.ones((n, 3, 2)), np.zeros((n, 3, 2))]
    paths[0][:2], paths[1][5:7, 1:], paths[1][9] = np.nan, np.nan, np.nan
    seen = _seen_in_both(paths)
    assert seen.sum() == n - 3
    arms, left = (arm.where(seen), arm.where(seen)), [path[seen] for path in paths]
    assert (_moved(arms, left).gain[: n - 3] == 2).all()  # the first twin stands there, two cells closer
    with pytest.raises(DataError, match="16 trials that go on after a message, and there are 2"):
        _seen_in_both([np.where(np.arange(n)[:, None, None] < 18, np.nan, path) for path in paths])


def test_who_lives_muted_is_told_nothing(obeying: Any) -> None:
    muted = obeying._replace(facts={"muted": True})
    assert content.fit(muted, WISH).estimate == 0


def test_too_little_to_tell_is_said_in_a_sentence(obeying: Any) -> None:
    with pytest.raises(DataError, match="Content needs 16 moments"):
        content.fit(obeying, Wish(n_episodes=10))
    with pytest.raises(DataError, match="Content needs 16 moments"):
        content.fit(plant("silent"), Wish(n_episodes=32))


def test_messages_exchanged_score_as_their_own_mean_gain() -> None:
    """Three messages, each said of a cell of its own and moving exactly there: only the true order scores 1."""
    place = np.array([0, 1, 2, 1, 2, 0])
    gain = np.where(np.eye(3)[place] > 0, 1.0, -0.5)
    cells = np.array([[0, 0], [0, 5], [5, 0]])
    found = _relabelled(Moved(place, place, cells, gain, 3), np.random.default_rng(0))
    assert found["score"] == pytest.approx(1)
    assert found["p_value"] == pytest.approx(1 / 6)
    assert found["least"] == pytest.approx(1 / 6)
    assert found["mean"] == pytest.approx(0)
