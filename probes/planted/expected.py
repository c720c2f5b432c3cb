"""The fixed table: what every tool must make of every planted language, and how sure it must be."""

from __future__ import annotations

from typing import Literal, NamedTuple

from scipy.special import bdtrc

from commlab.foundation.statistics import wilson_interval

__all__ = ["EXPECTED", "LEVEL", "RANGES", "TELLS", "Case", "Tally", "Tool", "is_right"]

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
UNSTRUCTURED = "holistic-pairs"  # the same messages for the same meanings, and nothing in how they are made

# The values that measures of structure have on languages of two symbols: what they are defined to be at their ends, and
# that they stay low where messages are made at random.
RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "topographic_similarity": {"positional": (0.95, 1), "compositional": (0.5, 1), UNSTRUCTURED: (-1, 0.3)},
    "positional_disentanglement": {"positional": (0.95, 1), "compositional": (0, 0.4), UNSTRUCTURED: (0, 0.5)},
    "bag_disentanglement": {"compositional": (0.95, 1), UNSTRUCTURED: (0, 0.5)},
    "context_independence": {"compositional": (0.95, 1), UNSTRUCTURED: (0, 0.5)},
    "tree_error_held_out": {"positional": (0, 0.05), UNSTRUCTURED: (0.95, 100)},
}

LEVEL = 0.05  # of every test: the share of codebooks with something found where there is nothing
RECOVERED = 0.99  # of the entries of a lexicon
DOUBT = 0.001  # as rare must so many false findings be for a tool to be wrong: there are many rows
POWER = 0.95  # of codebooks, for tools that give one answer for each
SURE = 1000  # answers from which on the share itself must reach its goal, and not the end of its interval


class Case(NamedTuple):
    """A language, whom its speakers have for listeners, and how often they slip."""

    language: str
    listener: str = "obeying"
    slips: float = 0.0

    @property
    def label(self) -> str:
        """The case as a table has it."""
        heeded = "" if self.listener == "obeying" else f", {self.listener} listener"
        return self.language + heeded + (f", {100 * self.slips:.0f} % slips" if self.slips else "")


class Tool(NamedTuple):
    """What is asked of a tool."""

    kind: Literal["entries", "answers"]  # judged by the entries of its lexicon, or by one answer a codebook
    cases: tuple[Case, ...]
    share: float = 1.0  # of the usual number of codebooks, where a tool takes long


class Tally(NamedTuple):
    """What a tool made of planted languages."""

    n: int  # entries, or codebooks for tools that give one answer for each
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


SLIPS = 0.2  # the chance that a careless speaker names something else
CARELESS = tuple(Case(language, slips=SLIPS) for language, told in TELLS.items() if told)
LANGUAGES = tuple(Case(language) for language in TELLS)
NOTHING = (Case("noise"), Case("drifting-noise"), Case("silent"))
HEEDED = (Case("holistic"), Case("noise", "noise-driven"))  # what is said goes with what listeners do next
UNHEEDED = (Case("synonymous", "deaf"), Case("noise"), Case("silent"))

EXPECTED: dict[str, Tool] = {
    "lexicon": Tool("entries", (*LANGUAGES, *CARELESS)),
    "information": Tool("answers", LANGUAGES),
    "probe": Tool("answers", LANGUAGES),
    **{measure: Tool("answers", (*map(Case, ranges), *NOTHING), 0.25) for measure, ranges in RANGES.items()},
    "clusters": Tool("answers", (Case("holistic"), *NOTHING), 0.5),
    "instantaneous_coordination": Tool("answers", (*HEEDED, *UNHEEDED), 0.25),
}


def is_right(tool: Tool, tally: Tally) -> bool:
    """Whether a tool did what the table asks.

    entries: 99 % of at least 1,000 entries exactly recovered (of fewer: as far as their number can tell), and no more
    than 1 % with anything that is not planted. answers: what is planted found in 95 % of codebooks. For both, where
    nothing is planted, something found no more often than in LEVEL of codebooks, chance allowed for (DOUBT).
    """
    if tally.n == 0 or (tally.planted == 0 and tally.empty == 0):
        return False
    entries = tool.kind == "entries"
    found = reaches(tally.recovered, tally.planted, RECOVERED if entries else POWER)
    if entries and tally.planted:
        return found and reaches(tally.empty - tally.false, tally.empty, RECOVERED)
    return found and (tally.empty == 0 or chance_of(tally.false, tally.empty) >= DOUBT)


def chance_of(false: int, n: int) -> float:
    """The chance of so many false findings, or more, of a test that makes as many of them as LEVEL allows."""
    return float(bdtrc(false - 1, n, LEVEL)) if false else 1.0


def reaches(count: int, n: int, goal: float) -> bool:
    """Whether a share reaches its goal; of fewer than SURE, whether its interval does."""
    if n == 0:
        return True
    return count / n >= goal or (n < SURE and wilson_interval(count, n)[1] >= goal)
