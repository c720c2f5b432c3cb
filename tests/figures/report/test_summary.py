"""The answers in plain words: what was found is said, what was not is said as plainly, and nothing more than that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commlab.figures.report.evidence import Evidence, Saved
from commlab.figures.report.findings import at_a_glance, not_asked
from commlab.figures.report.summary import Answer, answers
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

Ask = Callable[..., dict[str, Answer]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The answers by their questions, of these results."""

    def go(*results: Result, **training: Any) -> dict[str, Answer]:
        return {a.question: a for a in answers(Evidence(RunFolder(tmp_path), results, (), training=training))}

    return go


def verdict(name: str, **holds: bool | None) -> Result:
    parts = [
        {
            "part": part,
            "holds": held,
            "says": f"{part} was seen",
            "estimate": 1.0,
            "interval": [0.9, 1.1],
            "unit": "bits",
        }
        for part, held in holds.items()
    ]
    details = {"verdict": name, "evidence": parts}
    return Result("verdict", "verdict", 4.0, "parts", None, None, None, 512, "A sentence.", details)


def lexicon(*entries: dict[str, Any], estimate: float = 1.0) -> Result:
    details = {"lexicon": {"entries": list(entries)}}
    return Result("lexicon", "lexicon", estimate, "share", None, None, 0.005, 160, "Of 2 entries 1 has one.", details)


def entry(form: str, meaning: str, *truth: float) -> dict[str, Any]:
    evidence = [["resource_location", "N"]] if truth else []
    return {"form": form, "sentence": f"{form}: {meaning}, said by scouts", "evidence": evidence, "truth": list(truth)}


def test_of_a_log_nothing_is_asked_that_takes_agents(tmp_path: Path) -> None:
    log = Evidence(
        RunFolder(tmp_path), (), (), recording=Saved("recording.h5", "1", {"imported": {"from": "game.csv"}})
    )
    found = {answer.question: answer for answer in answers(log)}
    assert found["What do they say?"].short == "Not asked"
    for question in ("Is it communication?", "Is it of use to them?", "Can one talk to them?"):
        assert found[question].short == "A log cannot tell"
        assert "commlab " not in found[question].sentence
    assert {"lexicon", "probe"} <= {claim.analysis for claim in not_asked(log)}
    assert not {"verdict", "injection", "crossplay", ""} & {claim.analysis for claim in not_asked(log)}
    with_agents = replace(log, checkpoint=Saved("steps-1.pt", "2", {}))
    assert {"verdict", "injection"} <= {claim.analysis for claim in not_asked(with_agents)}


def test_of_many_results_the_table_at_a_glance_names_those_first_that_were_tested(tmp_path: Path) -> None:
    counted = [Result("probe", f"a{n}", 1.0, "share", None, None, None, 9, "Counted.") for n in range(5)]
    held = Result("probe", "z", 1.0, "share", None, None, 0.4, 9, "Tested.")
    rows = at_a_glance(Evidence(RunFolder(tmp_path), (*counted, held), ()))
    assert [row.what for row in rows[:5]] == ["z", "a0", "a1", "a2", "and 2 more"]
    assert rows[0].outcome == "no"


def test_nothing_is_answered_where_nothing_was_asked(ask: Ask) -> None:
    found = ask()
    for question in ("What do they say?", "Is it communication?", "Is it of use to them?", "Can one talk to them?"):
        assert found[question].short == "Not asked"
        assert "commlab " in found[question].sentence
    assert found["What was not found?"].short == "Nothing was tested"
    assert found["Were they helped to speak?"].short == "Not recorded"


def test_the_surest_entries_are_named_and_rarer_ones_counted(ask: Ask) -> None:
    east = entry("1", "crystal in the east", 0.8, 0.7, 0.9, 60)
    west = entry("2", "crystal in the west", 0.997, 0.99, 1.0, 60)
    book = lexicon(east, west, entry("3", "nothing we can tell"), estimate=0.5)
    answer = ask(book)["What do they say?"]
    assert answer.short == "2 of 4 messages have a meaning"
    assert answer.sentence.endswith(
        "The clearest: 2: crystal in the west (true in over 99 % of its uses); "
        "1: crystal in the east (true in 80 % of its uses)."
    )
    assert any("does not show what listeners make of it" in line for line in answer.details)


def test_silence_that_means_something_is_not_counted_among_messages(ask: Ask) -> None:
    silence = entry("silence", "no crystal", 0.9, 0.8, 0.95, 60)
    answer = ask(lexicon(silence, entry("1", "crystal in the east", 0.8, 0.7, 0.9, 60), estimate=0.5))
    assert answer["What do they say?"].short == "1 of 2 messages has a meaning"


def test_where_counts_do_not_agree_the_lexicons_own_words_stand(ask: Ask) -> None:
    answer = ask(lexicon(entry("1", "crystal in the east", 0.8, 0.7, 0.9, 60), estimate=0.7))["What do they say?"]
    assert answer.short == "Messages have meanings"
    assert answer.sentence.startswith("Of 2 entries 1 has one.")


def test_a_lexicon_without_meanings_says_so(ask: Ask) -> None:
    answer = ask(lexicon(entry("1", "nothing we can tell"), estimate=0.0))["What do they say?"]
    assert answer.short == "No meaning was found"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("communication", "Yes"),
        ("deception", "Yes, and it deceives"),
        ("talking to nobody", "No"),
        ("listening to noise", "No"),
        ("babbling", "No"),
        ("silent", "No"),
        ("not enough data", "Not decided"),
    ],
)
def test_every_verdict_has_an_answer(ask: Ask, name: str, short: str) -> None:
    answer = ask(verdict(name, signalling=True, use=False, content=None))["Is it communication?"]
    assert answer.short == short
    assert name in answer.sentence
    states = [line.partition(":")[0] for line in answer.details]
    assert states == ["Signalling holds", "Use does not hold", "Content is unclear"]


@pytest.mark.parametrize(
    ("estimate", "interval", "p_value", "short"),
    [
        (6.8, (6.7, 6.9), 0.005, "Yes"),
        (0.1, (-0.3, 0.5), 0.4, "No use was found"),
        (-2.0, (-2.4, -1.6), 0.005, "It does harm"),
        (0.2, (-0.1, 0.5), 0.04, "Unclear"),
        (6.8, None, 0.005, "Unclear"),
        (6.8, (6.7, 6.9), 0.05, "Yes"),
        (6.8, (6.7, 6.9), 0.0501, "No use was found"),
        (6.8, (6.7, 6.9), None, "Not tested"),
        (None, None, None, "Not known"),
    ],
)
def test_use_is_claimed_only_where_it_is_sure(
    ask: Ask, results: dict[str, Any], estimate: float | None, interval: Any, p_value: float | None, short: str
) -> None:
    used = replace(results["use"], estimate=estimate, interval=interval, p_value=p_value)
    assert ask(used)["Is it of use to them?"].short == short


@pytest.mark.parametrize(
    ("p_value", "over", "short"),
    [
        (0.005, [0.7, 0.8], "Yes, in single words for places"),
        (0.3, [-0.1, 0.1], "That was not found"),
        (0.005, [-0.01, 0.1], "That was not found"),
        (None, [0.7, 0.8], "Not tested"),
    ],
)
def test_one_can_talk_to_them_only_beyond_chance(
    ask: Ask, results: dict[str, Any], p_value: float | None, over: list[float], short: str
) -> None:
    result = results["understanding"]
    found = ask(replace(result, p_value=p_value, details=result.details | {"over_random": over}))
    answer = found["Can one talk to them?"]
    assert answer.short == short
    assert "They have no word of their own for NE." in answer.details


def test_null_results_are_counted_and_luck_is_told(ask: Ask, results: dict[str, Any]) -> None:
    probes = [replace(results["probe_scores"][0], name=f"probe-{i}") for i in range(19)]
    none = results["probe_scores"][3]
    answer = ask(*probes, none)["What was not found?"]
    assert answer.short == "1 of 20 tests found nothing"
    assert none.name in answer.sentence
    assert "about 1 of 20 tests would come out at p ≤ 0.05 all the same" in answer.details[0]
    clean = ask(*probes)["What was not found?"]
    assert clean.short == "All 19 tests found something"
    assert "tells nothing of what was not tried" in clean.sentence


@pytest.mark.parametrize(
    ("grounding", "short"), [("none", "No"), ("predictive", "Yes"), ("predictive, then none", "Yes")]
)
def test_training_tells_how_they_were_helped(ask: Ask, grounding: str, short: str) -> None:
    assert ask(grounding=grounding)["Were they helped to speak?"].short == short


def information(name: str, estimate: float | None, p_value: float | None) -> Result:
    sentence = f"{name} was looked at."
    return Result("information", name, estimate, "bits", None, None, p_value, 40, sentence, {})


def test_one_piece_of_information_that_is_found_is_not_hidden_by_one_that_is_not(ask: Ask) -> None:
    found = ask(information("a", 0.0, 0.7), information("b", 1.2, 0.05), grounding="none")
    answer = found["What do they say?"]
    assert answer.short == "Something"
    assert answer.details[0] == "b was looked at."
    assert found["Were they helped to speak?"].sentence.endswith("emerged by reward alone.")


def test_what_was_not_tested_is_not_said_to_be_missing(ask: Ask) -> None:
    found = ask(information("a", 1.2, None), grounding="none")
    assert found["What do they say?"].short == "Not tested"
    assert found["Were they helped to speak?"].sentence.endswith("was not tested.")
    assert ask(information("a", 0.0, 0.7), grounding="none")["What do they say?"].short == "Nothing that was found"


def test_a_lexicon_without_an_estimate_does_not_say_that_messages_mean_nothing(ask: Ask) -> None:
    book = replace(lexicon(), estimate=None, p_value=None, sentence="The lexicon is undefined: 3 episodes.")
    answer = ask(book)["What do they say?"]
    assert (answer.short, answer.sentence) == ("Not known", "The lexicon is undefined: 3 episodes.")


def test_a_meaning_whose_truth_is_not_known_is_counted_without_an_empty_list(ask: Ask) -> None:
    bare = entry("1", "crystal in the east", 0.8, 0.7, 0.9, 60) | {"truth": None}
    answer = ask(lexicon(bare))["What do they say?"]
    assert answer.short == "1 of 1 message has a meaning"
    assert answer.sentence.startswith("Of 1 message that is said often enough to tell, 1 goes with something")
    assert answer.sentence.endswith("How often they are true is not known.")


@pytest.mark.parametrize(
    ("n", "luck"),
    [
        (1, "the one test would come out at p ≤ 0.05 with a chance of 5 %"),
        (3, "one of 3 tests or more, were they independent, would come out at p ≤ 0.05 with a chance of 14 %"),
        (40, "about 2 of 40 tests would come out at p ≤ 0.05 all the same"),
    ],
)
def test_luck_is_counted_for_few_tests_too(ask: Ask, results: dict[str, Any], n: int, luck: str) -> None:
    probes = [replace(results["probe_scores"][0], name=f"probe-{i}") for i in range(n)]
    assert luck in ask(*probes)["What was not found?"].details[0]
