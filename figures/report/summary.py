"""The report's first page: what a reader asks first, answered in plain words from saved results alone."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from commlab.figures.report.claims import Claim
from commlab.figures.report.evidence import Evidence
from commlab.figures.report.findings import (
    NO,
    NO_ESTIMATE,
    SIGNIFICANT,
    UNTESTED,
    YES,
    can_be_asked,
    not_asked,
    not_found,
    outcome,
    p_text,
    tested,
)
from commlab.figures.report.sparing import spared
from commlab.figures.wording import number, percent, plain, span
from commlab.foundation.result import Result

__all__ = ["Answer", "answers", "emergence"]

REWARD_ALONE = "none"  # what provenance calls training without a grounding term
NO_HELP = "The results do not record which grounding term, if any, helped the agents to speak while they trained."
CLEAREST, NAMED, OPEN_NAMED = 4, 3, 5
SLACK = 1e-6
VERDICTS = {  # the verdict's words, as an answer and what it means
    "communication": ("Yes", "by four kinds of evidence that must all hold, about the same thing."),
    "deception": ("Yes, and it deceives", "strangers are told what is false, heed it, and the speakers gain by it."),
    "talking to nobody": ("No", "what is said tells of the world, but listeners do not do what it would call for."),
    "listening to noise": ("No", "listeners heed messages that tell nothing of the world."),
    "babbling": ("No", "messages tell nothing of the world, and listeners do not heed them."),
    "silent": ("No", "nothing is said."),
    "not enough data": ("Not decided", "there are too few data, or the evidence is unclear."),
}
NO_AGENTS = "It takes agents that can be run again, told something else; this recording was imported without them."
CAUTION = "That something goes with a message does not show what listeners make of it."
INFORMATIVE = "What is said goes with something in the world beyond chance."
ONE_UNIT = {"messages": "message", "entries of their lexicon": "entry of their lexicon"}
UNSETTLED = {NO_ESTIMATE: "Not known", UNTESTED: "Not tested"}  # neither found nor not
HOLDS: dict[object, str] = {True: "holds", False: "does not hold"}


class Answer(NamedTuple):
    """A question, its answer in a few words, a sentence in plain words, and what that rests on."""

    question: str
    short: str
    sentence: str
    details: list[str]
    anchor: str  # the section with the evidence, "" where there is none


def answers(evidence: Evidence) -> list[Answer]:
    """The questions of every reader, in order; what was not asked of the run says so."""
    asked = {
        "What do they say?": what_they_say,
        "Is it communication?": is_it_communication,
        "Is it of use to them?": what_it_is_worth,
        "Can one talk to them?": can_one_talk_to_them,
        "What was not found?": what_was_not_found,
        "Were they helped to speak?": were_they_helped,
    }
    return [answer for question, ask in asked.items() for answer in answered(question, ask, evidence)]


def answered(question: str, ask: Callable[[Evidence], Answer], evidence: Evidence) -> list[Answer]:
    """The answer to a question, or that the results behind it cannot be read."""

    def not_told(reason: str) -> list[Answer]:
        why = f"A saved result behind this is not what the analysis saves ({plain(reason, 120)}): run it again."
        return [Answer(question, "Cannot be told", why, [], "")]

    return spared(lambda: [ask(evidence)], not_told)


def what_they_say(evidence: Evidence) -> Answer:
    """What goes with the messages, from the lexicon and from the information in them."""
    question = "What do they say?"
    book = next(iter(evidence.of("lexicon")), None)
    told = [result for result in evidence.of("information") if result.estimate is not None]
    if book is None and not told:
        return unasked(question, "commlab lexicon", evidence)
    told.sort(key=lambda result: outcome(result) != YES)  # what was found is not hidden behind what was not
    details = [plain(result.sentence, 500) for result in ([book] if book else []) + told[:1]]
    details.append(CAUTION)
    if book is None:
        short, sentence = informed(told)
        return Answer(question, short, sentence, details, "symbol-place")
    if book.estimate is None:
        return Answer(question, "Not known", details.pop(0), details, "lexicon-cards")
    meant = meant_in(book)
    if not meant:
        sentence = "No message was found to go with anything beyond chance."
        return Answer(question, "No meaning was found", sentence, details, "lexicon-cards")
    n_read = len(meant) / book.estimate if book.estimate else 0.0
    best = clearest(meant)
    named = f"The clearest: {'; '.join(best)}." if best else "How often they are true is not known."
    if abs(n_read - round(n_read)) > SLACK:  # counted otherwise when it was saved: its own words are safe
        return Answer(question, "Messages have meanings", f"{details.pop(0)} {named}", details, "lexicon-cards")
    unit = "messages" if book.details["lexicon"].get("unit", "message") == "message" else "entries of their lexicon"
    go, have, are = ("goes", "has", "are") if len(meant) == 1 else ("go", "have", "are")
    if round(n_read) == 1:
        unit, are = ONE_UNIT[unit], "is"
    sentence = (
        f"Of {round(n_read)} {unit} that {are} said often enough to tell, {len(meant)} {go} with something in the "
        f"world beyond chance. {named}"
    )
    short = f"{len(meant)} of {round(n_read)} {unit} {have} a meaning"
    return Answer(question, short, sentence, details, "lexicon-cards")


def informed(told: Sequence[Result]) -> tuple[str, str]:
    """What the information in messages says, in a few words and in a sentence; results that found something first."""
    outcomes = {outcome(result) for result in told}
    if YES in outcomes:
        return "Something", INFORMATIVE
    if NO in outcomes:
        return "Nothing that was found", "No information was found in it."
    return "Not tested", "The information in what is said was not held against a null."


def meant_in(book: Result) -> list[Mapping[str, Any]]:
    """The entries of a lexicon that have a meaning; silence is none of those that its estimate counts."""
    entries = book.details.get("lexicon", {}).get("entries", ())
    known = [entry for entry in entries if isinstance(entry, Mapping) and entry.get("form") != "silence"]
    return [entry for entry in known if entry.get("evidence")]


def clearest(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The entries that are true most surely, in words; an entry's truth is (share, low, high, episodes)."""
    true = [entry for entry in entries if entry.get("evidence") and entry.get("truth")]
    best = sorted(true, key=lambda entry: -float(entry["truth"][1]))[:CLEAREST]
    return [
        f"{plain(str(entry['sentence']).split(', said by')[0], 120)} (true in {percent(entry['truth'][0])} of its uses)"
        for entry in best
    ]


def is_it_communication(evidence: Evidence) -> Answer:
    """The verdict, and the state of each of its parts."""
    question = "Is it communication?"
    found = evidence.of("verdict")
    if not found:
        return unasked(question, "commlab verdict", evidence)
    name = str(found[0].details.get("verdict", ""))
    short, meaning = VERDICTS.get(name, (plain(name) or "Not decided", ""))
    parts = [part_text(part) for part in found[0].details.get("evidence", ())]
    lead = f"The verdict is “{plain(name)}”: {meaning}" if meaning else plain(found[0].sentence, 600)
    return Answer(question, short, lead, parts, "verdict")


def part_text(part: Mapping[str, Any]) -> str:
    """One part of the verdict's evidence: what it is, whether it holds, what was found."""
    state = HOLDS.get(part.get("holds"), "is unclear")
    interval = part.get("interval")
    ends = f" (95 % interval {span((interval[0], interval[1]))} {plain(part.get('unit', ''))})" if interval else ""
    return f"{plain(part.get('part', '')).capitalize()} {state}: {plain(part.get('says', ''), 300)}{ends}."


def what_it_is_worth(evidence: Evidence) -> Answer:
    """What agents lose when they hear what was said in other episodes."""
    question = "Is it of use to them?"
    found = evidence.of("use")
    if not found:
        return unasked(question, "commlab verdict", evidence)
    result = found[0]
    gain = f"The difference is {measured(result)}."
    if outcome(result) != YES:
        return Answer(question, UNSETTLED.get(outcome(result), "No use was found"), plain(result.sentence, 400), [gain],
                      "use")  # fmt: skip
    low, high = result.interval or (0.0, 0.0)
    short = "Yes" if low > 0 else "It does harm" if high < 0 else "Unclear"
    return Answer(question, short, plain(result.sentence, 400), [gain], "use")


def can_one_talk_to_them(evidence: Evidence) -> Answer:
    """Whether listeners go where the speakers' word sends them when a person says it."""
    question = "Can one talk to them?"
    found = evidence.of("understanding")
    if not found:
        return unasked(question, "commlab talk --score", evidence)
    result = found[0]
    over = result.details.get("over_random")
    told_apart = outcome(result) == YES and (over is None or over[0] > 0)
    details = [f"Understanding is {measured(result)}."]
    missing = [plain(name, 20) for name in result.details.get("missing", ())]
    if missing:
        details.append(f"They have no word of their own for {', '.join(missing)}.")
    details.append("Only single words for places were tried; nothing is said of questions, answers or longer messages.")
    short = "Yes, in single words for places" if told_apart else UNSETTLED.get(outcome(result), "That was not found")
    return Answer(question, short, plain(result.sentence, 500), details, "understanding")


def measured(result: Result) -> str:
    """An estimate with its interval, its p-value and the number of episodes or trials."""
    if result.estimate is None:
        return "undefined"
    ends = f", 95 % interval {span(result.interval)}" if result.interval else ""
    return f"{number(result.estimate)} {plain(result.unit)}{ends} (n = {number(result.n_episodes)}, {p_text(result)})"


def what_was_not_found(evidence: Evidence) -> Answer:
    """How many tests found nothing, which questions are open, and how many results chance alone would give."""
    question = "What was not found?"
    tests, none, open_ = tested(evidence.results), not_found(evidence.results), not_asked(evidence)
    details = [unasked_of(open_)] if open_ else []
    if not tests and not none:
        return Answer(question, "Nothing was tested", "No saved result was held against a null.", details, "not-found")
    n, n_none = len(tests), sum(outcome(result) == NO for result in tests)
    if tests:
        details.insert(0, lucky(n))
    if not none:
        each = f"Each of {n} tests" if n > 1 else "The one test"
        sentence = f"{each} came out at p ≤ {SIGNIFICANT}, which tells nothing of what was not tried."
        short = f"All {n} tests found something" if n > 1 else "The one test found something"
        return Answer(question, short, sentence, details, "not-found")
    named = ", ".join(plain(result.name, 60) for result in none[:NAMED])
    more = f" and {len(none) - NAMED} more" if len(none) > NAMED else ""
    sentence = f"Not told apart from their null, or without an estimate: {named}{more}."
    short = f"{n_none} of {n} tests found nothing" if n_none else f"{len(none)} without an estimate"
    return Answer(question, short, sentence, details, "not-found")


def unasked_of(open_: Sequence[Claim]) -> str:
    """The claims that nothing is saved for, the first few by name."""
    titles = ", ".join(f"“{claim.title}”" for claim in open_[:OPEN_NAMED])
    more = len(open_) - OPEN_NAMED
    return f"Not asked of this run: {titles}{f' and {more} more' if more > 0 else ''}."


def lucky(n: int) -> str:
    """How many of n tests come out by luck alone."""
    if n * SIGNIFICANT < 1:
        one = "the one test" if n == 1 else f"one of {n} tests or more, were they independent,"
        chance = f"{one} would come out at p ≤ {SIGNIFICANT} with a chance of {percent(1 - (1 - SIGNIFICANT) ** n)}"
    else:
        chance = f"about {round(n * SIGNIFICANT)} of {n} tests would come out at p ≤ {SIGNIFICANT} all the same"
    return f"If there were nothing at all to find, {chance}; p-values are not corrected for their number."


def were_they_helped(evidence: Evidence) -> Answer:
    """Whether a grounding term was used in training."""
    groundings = groundings_of(evidence)
    short = "Not recorded" if not groundings else "No" if groundings == {REWARD_ALONE} else "Yes"
    return Answer("Were they helped to speak?", short, emergence(evidence), [], "provenance")


def emergence(evidence: Evidence) -> str:
    """One sentence on how far the agents were helped to speak, as training and the results' provenance record it."""
    groundings = groundings_of(evidence)
    if not groundings:
        return NO_HELP
    if groundings != {REWARD_ALONE}:
        named = " and ".join(sorted(plain(name, 40) for name in groundings))
        return (
            f"A grounding term ({named}) helped the agents to speak while they trained; what they say is not "
            "a product of the reward alone."
        )
    outcomes = {outcome(result) for result in evidence.of("information")}
    if YES in outcomes:
        return "No grounding term was used: what is said here emerged by reward alone."
    if NO in outcomes:
        return "No grounding term was used in training, and no information was found in what is said."
    return "No grounding term was used in training; whether there is information in what is said was not tested."


def groundings_of(evidence: Evidence) -> set[str]:
    """Every grounding that training or a result names."""
    sources: list[Mapping[str, Any]] = [evidence.training, *(result.provenance for result in evidence.results)]
    return {str(source["grounding"]) for source in sources if source.get("grounding") is not None}


def unasked(question: str, command: str, evidence: Evidence) -> Answer:
    """The answer where nothing is saved that could tell: the command that finds out."""
    if not can_be_asked(command, evidence):
        return Answer(question, "A log cannot tell", NO_AGENTS, [], "")
    where = shlex.quote(plain(evidence.run.path, 200))
    return Answer(question, "Not asked", f"This finds out: {command} {where}", [], "")
