"""The verdict: the fixed table, on some pairs always and on all of them when asked for (-m slow)."""

import json
from typing import Any

import pytest

from commlab.agents.scripted.language import LANGUAGES
from commlab.agents.scripted.listening import LISTENERS
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.evidence import verdict
from commlab.probes.cause.evidence.signalling import signalling_of
from commlab.probes.cause.evidence.verdict import VERDICTS, decide
from commlab.probes.cause.roles import roles_of
from commlab.probes.planted.play import recording_of
from commlab.probes.planted.verdicts import PAIRS, Pair, expected, fit, planted_pair

FEW = (
    Pair("compositional", "obeying"),
    Pair("kin-only", "clock"),
    Pair("drifting-noise", "noise-driven"),
    Pair("noise", "obeying"),
    Pair("silent", "obeying"),
)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ((True, True, True, True), "communication"),
        ((True, False, True, True), "talking to nobody"),
        ((True, True, False, True), "talking to nobody"),
        ((True, True, None, False), "talking to nobody"),
        ((True, True, None, True), "not enough data"),
        ((False, True, True, True), "listening to noise"),
        ((False, False, None, None), "babbling"),
        ((False, None, True, True), "not enough data"),
        ((None, True, True, True), "not enough data"),
    ],
)
def test_a_verdict_follows_from_its_parts(parts: tuple[bool | None, ...], wanted: str) -> None:
    assert decide(*parts) == wanted


def test_the_table_has_every_pair_and_a_reason_for_each() -> None:
    assert len(PAIRS) == len(set(PAIRS)) == len(LANGUAGES) * len(LISTENERS) == 65
    assert {expected(pair)[0] for pair in PAIRS} == set(VERDICTS) - {"not enough data"}
    assert all(len(expected(pair)[1]) > 20 for pair in PAIRS)
    deceivers = [pair for pair in PAIRS if expected(pair)[0] == "deception"]
    assert deceivers == [Pair("lying", "obeying")]


@pytest.mark.parametrize("pair", FEW, ids="+".join)
def test_a_planted_pair_gets_its_verdict(pair: Pair) -> None:
    battery = verdict.fit(planted_pair(pair, 1), 160, seed=1)
    assert battery.result.details["verdict"] == expected(pair)[0], battery.result.sentence
    json.loads(battery.result.to_json())


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_every_planted_pair_gets_its_verdict(pair: Pair) -> None:
    result = fit([pair], codebooks=2, seed=1, workers=1)
    assert result.details["ok"], result.details["rows"]


def test_pairs_are_counted() -> None:
    result = fit([Pair("silent", "deaf")], codebooks=2, n_episodes=16, workers=1)
    assert result.estimate == 1
    (row,) = result.details["rows"]
    assert (row["n"], row["right"], row["found"]) == (2, 2, {"silent": 2})
    assert "2 of 2 verdicts" in result.sentence


@pytest.fixture(scope="module")
def unheard(deaf: Any) -> Result:
    return verdict.fit(deaf, 96).result


def test_the_deaf_are_talked_to_for_nothing(unheard: Result) -> None:
    assert unheard.details["verdict"] == "talking to nobody"
    rows = {row["part"]: row for row in unheard.details["evidence"]}
    assert rows["signalling"]["holds"] is True
    assert rows["signalling"]["about"] == rows["content"]["about"] == "resource_location"
    assert (rows["listening"]["estimate"], rows["content"]["estimate"]) == (0, 0)
    assert [rows[part]["holds"] for part in ("listening", "use", "content")] == [False, False, False]
    assert unheard.estimate == 1
    assert unheard.sentence.startswith("They talk to nobody: ")


def test_who_lives_muted_talks_to_nobody(obeying: Any) -> None:
    result = verdict.fit(obeying._replace(facts={"muted": True}), 96).result
    assert result.details["verdict"] == "talking to nobody"
    assert "the channel is muted" in result.sentence


def test_few_episodes_are_not_enough_data(obeying: Any) -> None:
    result = verdict.fit(obeying, 12).result
    assert result.details["verdict"] == "not enough data"
    assert "Content needs 16 moments" in result.sentence


def test_fewer_are_refused(obeying: Any) -> None:
    with pytest.raises(DataError, match="too few for anything"):
        verdict.fit(obeying, 4)


def test_what_is_told_is_found_among_all_that_could_be(obeying: Any) -> None:
    signals = signalling_of(recording_of(obeying, 64, 0), roles_of(obeying.scenario))
    assert signals.told[:1] == ("resource_location",)
    assert signals.holds is True
    assert signals.about("resource_location") is not None
    assert signals.about("prices") is None
