"""Use: who obeys earns less when it hears the messages of other episodes; who is deaf earns the same."""

from typing import Any

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.evidence import use
from commlab.probes.cause.twins import play

N_EPISODES = 192


@pytest.fixture(scope="module")
def heeded(obeying: Any, deaf: Any) -> Result:
    return use.fit(obeying, deaf, N_EPISODES)


def mean(result: Result, condition: str) -> float:
    """The mean return under a condition."""
    return float(result.details["conditions"][condition]["mean"])


def test_obeying_loses_most_of_its_return(heeded: Result) -> None:
    assert heeded.estimate is not None
    assert heeded.interval is not None
    assert heeded.estimate > 0.5 * mean(heeded, "hearing")
    assert heeded.estimate == pytest.approx(mean(heeded, "hearing") - mean(heeded, "other episode"))
    assert 0 < heeded.interval[0] < heeded.estimate < heeded.interval[1]
    assert heeded.p_value == pytest.approx(1 / 200)
    assert heeded.null is not None
    assert heeded.estimate > heeded.null.high


def test_agents_trained_muted_stand_beside(heeded: Result, deaf: Any) -> None:
    assert set(heeded.details["conditions"]) == {"hearing", *use.ARMS, "trained muted"}
    assert mean(heeded, "trained muted") == mean(use.fit(deaf, None, N_EPISODES), "hearing")
    assert "agents trained without the channel" in heeded.sentence


def test_the_deaf_lose_nothing(deaf: Any) -> None:
    result = use.fit(deaf, None, N_EPISODES)
    assert mean(result, "hearing") > 0
    assert mean(result, "hearing") == mean(result, "other episode") == mean(result, "muted")
    assert result.interval is not None
    assert result.interval[0] <= 0 <= result.interval[1]
    assert result.p_value == 1
    assert "no less" in result.sentence


def test_every_episode_gets_the_messages_of_another_one() -> None:
    said = np.arange(40, dtype=np.uint8)[None, :, None, None].repeat(3, axis=0)
    (change,) = use.other_episodes(said, np.random.default_rng(0)).changes
    assert (change.site, change.operation) == ("message.out", "set")
    assert change.where.all()
    assert change.symbols.shape == said.shape
    assert (change.symbols != said).all()
    assert sorted(change.symbols[0, :, 0, 0].tolist()) == list(range(40))
    assert (change.symbols == change.symbols[:1]).all()


def test_the_result_survives_json(heeded: Result) -> None:
    assert Result.from_json(heeded.to_json()).estimate == heeded.estimate
    assert heeded.n_episodes == N_EPISODES
    assert heeded.provenance["grounding"] == "planted"


def test_too_few_episodes_are_refused(deaf: Any) -> None:
    with pytest.raises(DataError, match="take 8 or more"):
        use.fit(deaf, None, 7)


def test_episodes_with_kin_of_their_own_still_hear_others(obeying: Any) -> None:
    trace = play(obeying, 4)
    kinship = np.tile(np.eye(3, dtype=np.float32), (6, 1, 1))
    kinship[2, 0, 1], kinship[3, 1, 2], kinship[4, 2, 0] = 1, 0.5, 0.25
    assert use.kin_strata(trace._replace(kinship=kinship)).tolist() == [0, 0, 4, 4, 4, 0]
    lonely = use.kin_strata(trace._replace(kinship=kinship[[0, 1, 2]]))
    assert len(set(lonely.tolist())) == 1
