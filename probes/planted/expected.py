"""The fixed table: what every tool must make of every planted language, and how sure it must be."""

from __future__ import annotations

from typing import Literal, NamedTuple

from commlab.foundation.statistics import wilson_interval

__all__ = ["EXPECTED", "LEVEL", "TELLS", "Case", "Tally", "is_right"]

WHERE, WHAT = "resource_location", "resource_kind"
BOTH = frozenset({WHERE, WHAT})

# What a language tells about. A target that is not named here is not told, and nothing about it may be found.
TELLS: dict[str, frozenset[str]] = {
    "holistic": BOTH,
    "holistic-pairs": BOTH,
    "compositional": BOTH,
    "positional": BOTH,
    "synonymous": frozenset({WHERE}),
    "polysemous": frozenset({WHERE}),
    "context": frozenset({WHERE}),
    "kin-only": frozenset({WHERE}),
    "lying": frozenset({WHERE}),
    "distractor": frozenset({WHAT}),
    "noise": frozenset(),
    "drifting-noise": frozenset(),
    "silent": frozenset(),
}

LEVEL = 0.05  # of every test: the share of codebooks with something found where there is nothing
RECOVERED = 0.99  # of the entries of a lexicon
POWER = 0.95  # of codebooks, for tools that test one thing in each
SURE = 1000  # entries from which on the share itself must reach its goal, and not the end of its interval


class Case(NamedTuple):
    """A tool on a language, and whom the speakers have for listeners."""

    tool: str
    language: str
    listener: str = "obeying"

    @property
    def label(self) -> str:
        """The language as a table has it."""
        return self.language if self.listener == "obeying" else f"{self.language}, {self.listener}"


class Tally(NamedTuple):
    """What a tool made of planted languages."""

    n: int  # entries, or codebooks for tools that give one answer for a recording
    planted: int  # answers that are there to be found
    recovered: int
    empty: int  # chances to find what is not there
    false: int

    @property
    def recovery(self) -> float | None:
        """The share recovered; None where there is nothing to be recovered."""
        return self.recovered / self.planted if self.planted else None

    @property
    def false_positive(self) -> float | None:
        """The share of chances at which something was found that is not there."""
        return self.false / self.empty if self.empty else None


Kind = Literal["entries", "test"]

# By tool: whether it is judged by entries or by tests, and the cases that it must get right.
EXPECTED: dict[str, tuple[Kind, tuple[Case, ...]]] = {
    "lexicon": ("entries", tuple(Case("lexicon", language) for language in TELLS)),
    "information": ("test", tuple(Case("information", language) for language in TELLS)),
}


def is_right(kind: Kind, tally: Tally) -> bool:
    """Whether a tool did what the table asks.

    entries: 99 % of at least 1,000 entries exactly recovered (of fewer: as far as their number can tell), and no more
    than 1 % with anything that is not planted; where nothing is planted, and for tests: something found no more often
    than LEVEL allows, and what is planted found in 95 % of codebooks.
    """
    if tally.n == 0 or (tally.planted == 0 and tally.empty == 0):
        return False
    goal = RECOVERED if kind == "entries" else POWER
    found = tally.planted == 0 or reaches(tally.recovered, tally.planted, goal)
    if kind == "entries" and tally.planted:
        return found and reaches(tally.empty - tally.false, tally.empty, RECOVERED)
    return found and (tally.empty == 0 or wilson_interval(tally.false, tally.empty)[0] <= LEVEL)


def reaches(count: int, n: int, goal: float) -> bool:
    """Whether a share reaches its goal; of fewer than SURE, whether its interval does."""
    if n == 0:
        return True
    return count / n >= goal or (n < SURE and wilson_interval(count, n)[1] >= goal)
