"""The report's facts that are no figure: the demo's headline numbers, how long it took, and who made what."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from commlab.figures.report.evidence import Evidence
from commlab.figures.wording import number, percent, plain

__all__ = ["Headline", "headline_numbers", "made_by", "phases", "shared_facts"]

MOST_VALUES = 4  # a fact that differs between results names this many of its values
PER_RESULT = ("command", "time")  # told in a table of their own
NAMES = {
    "commlab_version": "commlab version",
    "git_revision": "revision",
    "checkpoint": "checkpoint (sha256)",
    "cpu": "processor",
    "cores": "processor cores",
    "seed": "seed",
    "grounding": "grounding used in training",
    "python": "Python",
}


class Headline(NamedTuple):
    """One of the large numbers at the top."""

    value: str
    label: str
    beside: str  # what it is to be compared with


def headline_numbers(evidence: Evidence) -> list[Headline]:
    """The demo's numbers; those that it lacks are left out."""
    demo = evidence.demo
    unit = next((plain(result.unit) for result in evidence.of("use")), "return an episode")
    others = [f"{number(demo[key])} {words}" for key, words in RIVALS.items() if is_real(demo, key)]
    found = []
    if is_real(demo, "return_hearing"):
        found.append(Headline(number(demo["return_hearing"]), f"{unit}, hearing each other", "; ".join(others)))
    if is_real(demo, "said_bits"):
        null = f"null {number(demo['said_bits_null'])}" if is_real(demo, "said_bits_null") else ""
        found.append(Headline(f"{number(demo['said_bits'])} bits", "of information in what is said", null))
    if is_real(demo, "injected_rate"):
        nature = f"untouched {percent(demo['untouched_rate'])}" if is_real(demo, "untouched_rate") else ""
        found.append(Headline(percent(demo["injected_rate"]), "of listeners go where an injected symbol says", nature))
    if is_real(demo, "understood"):
        nulls = [f"{words} {percent(demo[key])}" for key, words in UNHEARD.items() if is_real(demo, key)]
        label = "understanding: gone to first, over all places"
        found.append(Headline(percent(demo["understood"]), label, "; ".join(nulls)))
    if is_real(demo, "agent_steps"):
        first = f"return before training {number(demo['first_return'])}" if is_real(demo, "first_return") else ""
        found.append(Headline(number(int(demo["agent_steps"])), "agent steps of experience", first))
    return found


UNHEARD = {"understood_untouched": "untouched", "understood_random": "a word at random"}
RIVALS = {"return_other_episode": "with other episodes' messages", "return_muted": "trained with the channel muted"}


def is_real(table: Mapping[str, Any], key: str) -> bool:
    """Whether a table holds a number under that key."""
    return isinstance(table.get(key), int | float) and not isinstance(table[key], bool)


def phases(evidence: Evidence) -> list[dict[str, object]]:
    """How long each phase of the demo took."""
    seconds = evidence.demo.get("seconds")
    table = seconds if isinstance(seconds, Mapping) else {}
    return [{"phase": plain(name), "seconds": f"{table[name]:.1f}"} for name in table if is_real(table, name)]


def shared_facts(evidence: Evidence) -> list[tuple[str, list[str]]]:
    """What the results' provenance records, each fact with its distinct values."""
    facts: dict[str, list[str]] = {}
    for result in evidence.results:
        for key, value in flat(result.provenance).items():
            values = facts.setdefault(key, [])
            text = plain(value, 100)
            if text not in values:
                values.append(text)
    order = {key: index for index, key in enumerate(NAMES)}
    kept = sorted((key for key in facts if key not in PER_RESULT), key=lambda key: (order.get(key, len(order)), key))
    return [(NAMES.get(key, plain(key).replace("_", " ")), shortened(facts[key])) for key in kept]


def flat(provenance: Mapping[str, Any]) -> dict[str, object]:
    """Provenance with nested tables as one line each and missing values left out."""
    lines: dict[str, object] = {}
    for key, value in provenance.items():
        if isinstance(value, Mapping):
            lines[key] = ", ".join(f"{name} {item}" for name, item in value.items())
        elif value is not None:
            lines[key] = value
    return lines


def shortened(values: list[str]) -> list[str]:
    """The first few values, and how many more there are."""
    more = len(values) - MOST_VALUES
    return values[:MOST_VALUES] + ([f"and {more} more"] if more > 0 else [])


def made_by(evidence: Evidence) -> list[dict[str, object]]:
    """Which command made which results, and when (UTC, to the second)."""
    names: dict[tuple[str, str], list[str]] = {}
    for result in evidence.results:
        command = plain(result.provenance.get("command", "–"), 200)
        time = plain(result.provenance.get("time", "–"), 40)[:19].replace("T", " ")
        names.setdefault((command, time), []).append(plain(result.name, 90))
    return [
        {"result": several(made), "command": command, "time (UTC)": time} for (command, time), made in names.items()
    ]


def several(names: list[str]) -> str:
    """One name, or the first of many and their number."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
