"""Injection: what a symbol does to one who obeys, that it does nothing to the deaf, and what cannot be injected."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.codebook import Codebook
from commlab.probes.cause.injecting import injection
from commlab.probes.cause.injecting.injection import Injection

LISTENERS = (1,)


@pytest.fixture(scope="module")
def symbol(obeying: Any) -> int:
    """A symbol that is used."""
    return int(obeying.policy.symbols[0])


@pytest.fixture(scope="module")
def unused(obeying: Any) -> int:
    """A symbol that is not."""
    return next(s for s in range(1, 12) if s not in obeying.policy.codebook)


def inject(checkpoint: Any, codebook: Codebook, symbol: int, **changes: Any) -> Result:
    """The result of an injection into 128 episodes."""
    return injection.fit(checkpoint, Injection(symbol, **{"n_episodes": 128, **changes}), codebook, LISTENERS)


def test_who_obeys_comes_closer(obeying: Any, codebook: Codebook, symbol: int) -> None:
    result = inject(obeying, codebook, symbol)
    assert result.estimate is not None
    assert result.interval is not None
    assert result.estimate > 2
    assert result.interval[0] > 0
    assert result.p_value == pytest.approx(1 / 200)
    assert result.details["kl_bits"]["mean"] > 1
    assert result.details["used"]
    assert tuple(result.details["place"]) == obeying.policy.codebook[symbol]
    arms = result.details["arms"]
    assert set(arms) == {"injected", "silence", "untouched"}
    assert len({arm["mean"][0] for arm in arms.values()}) == 1  # all begin at the same place
    assert arms["injected"]["mean"][12] < 2
    assert "closer to that place" in result.sentence


def test_the_deaf_stay_where_they_were_going(deaf: Any, codebook: Codebook, symbol: int) -> None:
    result = inject(deaf, codebook, symbol)
    assert result.estimate == 0
    assert result.interval == (0, 0)
    assert result.p_value == 1
    assert result.details["kl_bits"]["mean"] == 0
    arms = result.details["arms"]
    assert arms["injected"]["mean"] == arms["silence"]["mean"] == arms["untouched"]["mean"]


def test_a_symbol_never_used_is_said_to_be_so(obeying: Any, codebook: Codebook, unused: int) -> None:
    result = inject(obeying, codebook, unused)
    assert f"never use symbol {unused}" in result.sentence
    assert not result.details["used"]
    assert result.details["place"] is None
    assert "twin's path" in result.details["measure"]


def test_silence_against_silence_changes_nothing(obeying: Any, codebook: Codebook) -> None:
    result = inject(obeying, codebook, 0)
    assert result.estimate == 0
    assert result.details["kl_bits"]["mean"] == 0
    assert "Symbol 0 is silence" in result.sentence


def test_against_another_symbol(obeying: Any, codebook: Codebook, symbol: int) -> None:
    other = int(obeying.policy.symbols[3])
    result = inject(obeying, codebook, symbol, versus=str(other))
    assert result.details["versus"] == f"symbol {other}"
    assert result.estimate is not None
    assert result.estimate > 2
    same = inject(obeying, codebook, symbol, versus=str(symbol))
    assert same.estimate == 0
    assert same.details["kl_bits"]["mean"] == 0


def test_against_what_was_heard_then_in_another_episode(obeying: Any, codebook: Codebook, symbol: int) -> None:
    result = inject(obeying, codebook, symbol, versus="other-episode")
    assert result.details["versus"] == "other episode"
    assert result.estimate is not None
    assert result.estimate > 1


def test_a_real_speaker_is_obeyed_as_the_phantom_is(obeying: Any, codebook: Codebook, symbol: int) -> None:
    spoken, phantom = inject(obeying, codebook, symbol, speaker=0), inject(obeying, codebook, symbol)
    assert spoken.details["speaker"] == 0
    assert spoken.details["arms"]["injected"]["mean"] == phantom.details["arms"]["injected"]["mean"]
    assert spoken.estimate == phantom.estimate


def test_a_listener_can_be_named(obeying: Any, codebook: Codebook, symbol: int) -> None:
    assert inject(obeying, codebook, symbol, listener=1).estimate == inject(obeying, codebook, symbol).estimate
    scout = inject(obeying, codebook, symbol, listener=0, at=6)
    assert scout.estimate == 0  # it stays whatever it hears
    assert scout.details["kl_bits"]["mean"] == 0


def test_a_step_and_a_duration_can_be_named(obeying: Any, codebook: Codebook, symbol: int) -> None:
    result = inject(obeying, codebook, symbol, at=5, duration=3)
    assert result.details["steps"] == list(range(6))
    assert result.n_episodes == 128


def test_an_injection_that_outlasts_the_episode_has_no_estimate(obeying: Any, codebook: Codebook, symbol: int) -> None:
    result = inject(obeying, codebook, symbol, at=58)
    assert result.estimate is None
    assert result.interval is None
    assert result.null is None
    assert result.p_value is None
    assert result.details["kl_bits"]["mean"] > 0
    assert "NaN" not in result.to_json()


def test_the_same_seed_gives_the_same_result(obeying: Any, codebook: Codebook, symbol: int) -> None:
    one, other = inject(obeying, codebook, symbol), inject(obeying, codebook, symbol)
    assert (one.estimate, one.interval, one.details) == (other.estimate, other.interval, other.details)
    assert inject(obeying, codebook, symbol, seed=1).details != one.details


def test_bits_between_distributions_are_those_of_the_definition() -> None:
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.25, 0.25, 0.5])
    told, twin = (
        type("T", (), {"logits": np.log(x)[None, None, None].astype(np.float32) + shift})
        for x, shift in ((p, 3), (q, -1))
    )
    trials = injection.Trials(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    found = injection._kl_bits(told, twin, trials)  # type: ignore[arg-type]
    assert found == pytest.approx([float((p * np.log2(p / q)).sum())], rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"symbol": 12}, "--message 12 is outside the vocabulary: symbols are 0 (silence) to 11."),
        ({"symbol": -1}, "--message -1 is outside the vocabulary"),
        ({"versus": "12"}, "--versus 12 is outside the vocabulary"),
        ({"versus": "loudness"}, "--versus is silence, other-episode or the number of a symbol, not 'loudness'."),
        ({"listener": 2}, "--listener 2 does not exist: agents are 0 to 1."),
        ({"speaker": 7}, "--speaker 7 does not exist: agents are 0 to 1."),
        ({"speaker": 1, "listener": 1}, "Agent 1 cannot be both speaker and listener"),
        ({"at": 63}, "--at 63 is not within the episode: steps are 0 to 62."),
        ({"at": -1}, "--at -1 is not within the episode"),
        ({"at": 0, "speaker": 0}, "heard a step later"),
        ({"duration": 0}, "--for 0 is not 1 to 63 steps"),
        ({"duration": 64}, "--for 64 is not 1 to 63 steps"),
        ({"kinship": 1.5}, "--kinship 1.5 is outside -1 to 1."),
        ({"n_episodes": 4}, "--episodes 4 are too few"),
    ],
)
def test_what_does_not_exist_is_refused_in_a_sentence(
    obeying: Any, codebook: Codebook, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InterventionError) as error:
        injection.fit(obeying, Injection(**{"symbol": 1, **changes}), codebook, LISTENERS)
    assert sentence in str(error.value)


def test_a_speaker_that_is_the_only_listener_leaves_no_trial(obeying: Any, codebook: Codebook) -> None:
    with pytest.raises(DataError, match="have a moment to inject at"):
        inject(obeying, codebook, 1, speaker=1)


def test_messages_of_several_symbols_are_refused_in_a_sentence(obeying: Any, codebook: Codebook, symbol: int) -> None:
    scenario = obeying.scenario
    longer = scenario.model_copy(update={"channel": scenario.channel.model_copy(update={"length": 3})})
    with pytest.raises(DataError, match="have 3 symbols, and this analysis is for messages of one symbol; train with"):
        inject(obeying._replace(scenario=longer), codebook, symbol)


def test_a_speaker_is_heard_at_the_moment_however_slow_the_channel() -> None:
    scenario = load_scenario("lookout")
    slow = scenario.model_copy(update={"channel": scenario.channel.model_copy(update={"delay": 3})})
    agents = plant("holistic", 3, "obeying", slow)
    symbol = int(next(iter(agents.facts["scripted"]["entries"])))
    wish = Injection(symbol, speaker=0, n_episodes=64)
    result = injection.fit(agents, wish, Codebook({}, slow.channel.vocabulary), LISTENERS)
    assert result.details["kl_bits"]["mean"] > 0.5  # nothing yet, were it said a single step before
    with pytest.raises(InterventionError, match="heard 3 steps later; with --speaker, --at is 3 or more"):
        injection.fit(agents, wish._replace(at=2), Codebook({}, slow.channel.vocabulary), LISTENERS)
