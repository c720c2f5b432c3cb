"""What a lexicon holds: entries with their meanings, the evidence, who says them to whom, and moments of use."""

from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Effect", "Entry", "Evidence", "Moment", "Pair", "Rate", "Sense", "Voices"]

Pair = tuple[str, str]  # (target, value)


class Rate(NamedTuple):
    """A share of uses, counted by spell, with its interval over episodes."""

    share: float
    low: float  # 95 %
    high: float
    n_episodes: int


class Evidence(NamedTuple):
    """That an entry is said of a value of a target."""

    target: str
    value: str
    share: Rate  # P(value | entry)
    base: float  # what it would be beside other episodes' worlds: P(value), as far as who speaks and when allows
    lift: float  # share / base
    lift_low: float
    lift_high: float
    p_value: float  # family-wise, over all cells of the targets that the language is about

    @property
    def pair(self) -> Pair:
        """The target and the value."""
        return self.target, self.value


class Sense(NamedTuple):
    """What an entry means in a part of its uses."""

    values: tuple[str, ...]  # of the context: ("green", "yellow"), ("kin",)
    evidence: tuple[Evidence, ...]
    truth: Rate | None
    n_episodes: int

    @property
    def meaning(self) -> frozenset[Pair]:
        """Its (target, value) pairs."""
        return frozenset(found.pair for found in self.evidence)


class Moment(NamedTuple):
    """A step at which an entry was said."""

    episode: int  # row of the recording's episodes
    t: int
    agent: int
    true: bool  # its meaning held there


class Voices(NamedTuple):
    """Who says an entry, and who hears it."""

    said_by: str  # "scouts", "agent 2", "everybody"
    by_agent: dict[int, float]  # share of its uses
    to_whom: str  # "kin", "strangers", "anybody", "nobody"
    to_kin: float | None  # share of its uses that kin alone hear; None where nobody is known to hear it
    to_strangers: float | None
    base_kin: float | None  # the share of all steps at which kin alone listen


class Effect(NamedTuple):
    """What listeners do on hearing it, from an injection experiment: no part of its meaning."""

    sentence: str
    rate: float | None
    low: float | None
    high: float | None
    untouched_rate: float | None
    n: int
    source: str  # the result it is from


@dataclass(frozen=True)
class Entry:
    """An entry of a lexicon. `why` says why there is no meaning, where there is none."""

    form: str  # "7", "3 7", "_ 7", "3 > 7", "silence"
    symbols: tuple[int, ...]  # of a sequence: of its messages, one after the other
    position: int | None  # of a symbol in a message; None for whole messages and for anywhere
    unit: str  # "message", "position", "symbol", "sequence"
    n_uses: int  # steps
    n_episodes: int
    evidence: tuple[Evidence, ...] = ()
    together: bool = True  # pairs of several targets hold at once; else one or the other
    context: str | None = None  # the variable that its meaning depends on
    senses: tuple[Sense, ...] = ()
    also: tuple[Evidence, ...] = ()  # the same in the terms of equivalent targets
    truth: Rate | None = None  # share of uses at which the meaning holds
    truth_to_kin: Rate | None = None
    truth_to_strangers: Rate | None = None
    voices: Voices | None = None
    effects: tuple[Effect, ...] = ()
    examples: tuple[Moment, ...] = ()
    exceptions: tuple[Moment, ...] = ()  # uses at which the meaning did not hold
    why: str | None = None

    def __repr__(self) -> str:
        meant = ", ".join(f"{target} {value}" for target, value in sorted(self.meaning)) or self.why or "no meaning"
        true = f", true of {self.truth.share:.0%} of its uses" if self.meaning and self.truth else ""
        return f"Entry({self.form!r}: {meant}{true}, {self.n_episodes} episodes)"

    @property
    def meaning(self) -> frozenset[Pair]:
        """Its (target, value) pairs; empty where there is nothing we can tell."""
        return frozenset(found.pair for found in self.evidence)

    @property
    def silence(self) -> bool:
        """Whether it is saying nothing."""
        return self.unit == "message" and not any(self.symbols)

    def meaning_in(self, target: str) -> frozenset[Pair]:
        """Its pairs in the terms of one target, chosen or equivalent to a chosen one."""
        return frozenset(found.pair for found in (*self.evidence, *self.also) if found.target == target)


def rate_from(data: Any) -> Rate | None:
    """A Rate from its list."""
    return None if data is None else Rate(float(data[0]), float(data[1]), float(data[2]), int(data[3]))


def evidence_from(rows: Any) -> tuple[Evidence, ...]:
    """Evidence from its lists."""
    found = []
    for target, value, share, *numbers in rows:
        rate = rate_from(share)
        assert rate is not None
        base, lift, low, high, p_value = (float(number) for number in numbers)
        found.append(Evidence(target, value, rate, base, lift, low, high, p_value))
    return tuple(found)


def moments_from(rows: Any) -> tuple[Moment, ...]:
    """Moments from their lists."""
    return tuple(Moment(int(episode), int(t), int(agent), bool(true)) for episode, t, agent, true in rows)


def entry_from(data: dict[str, Any]) -> Entry:
    """The entry whose plain form (JSON) is `data`."""
    given = {field: value for field, value in data.items() if field != "sentence"}
    given["symbols"] = tuple(int(symbol) for symbol in given["symbols"])
    for field in ("evidence", "also"):
        given[field] = evidence_from(given[field])
    for field in ("truth", "truth_to_kin", "truth_to_strangers"):
        given[field] = rate_from(given[field])
    for field in ("examples", "exceptions"):
        given[field] = moments_from(given[field])
    given["senses"] = tuple(
        Sense(tuple(values), evidence_from(rows), rate_from(truth), int(n))
        for values, rows, truth, n in given["senses"]
    )
    given["effects"] = tuple(Effect(*row) for row in given["effects"])
    if given["voices"] is not None:
        said_by, by_agent, *rest = given["voices"]
        given["voices"] = Voices(said_by, {int(agent): share for agent, share in by_agent.items()}, *rest)
    return Entry(**given)
