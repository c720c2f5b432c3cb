"""Outcomes of a change: the place an agent tries first, what it says, and how far its choice of action is moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import NONE, SECTORS, find_target
from commlab.datasets.targets.blocks import label
from commlab.datasets.targets.places import map_centre, sectors
from commlab.foundation.statistics import bca_mean
from commlab.probes.cause.hidden.cases import SPAN, Cases
from commlab.probes.cause.hidden.states import NO_VALUE
from commlab.probes.cause.trials import NOWHERE, first_place
from commlab.probes.cause.twins import Trace

__all__ = [
    "ACTION",
    "PLACE",
    "SAID",
    "Arm",
    "Ruler",
    "came_to_by_arm",
    "identical",
    "kl_bits",
    "make_ruler",
    "mean_of",
    "outcomes_of",
    "read_arm",
    "score",
    "spread_of",
]

PLACE, SAID, ACTION = "place", "said", "action"
PLACES = ("resource_location", "own_destination", "berry_location")  # targets whose values are places of the map
ENOUGH = 20  # times that a message is said before it can mean anything
BASE = 256  # symbols are bytes

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Ruler(NamedTuple):
    """How places and messages are read as values of the target."""

    sites: Int64  # (n_sites, 2)
    site_value: Int64  # (n_sites,) NO_VALUE where it is none
    messages: Int64  # (M,) sorted codes of messages
    meaning: Int64  # (M,) the value that each was said of
    n_values: int
    delay: int  # steps from speaking to hearing
    words: Int64  # (K,) the symbol most often said of each value among those that mean it, 0 where there is none

    @property
    def askable(self) -> NDArray[np.bool_]:
        """Which values (K,) an agent can be sent to: those of a site; all, where none is."""
        placed = np.zeros(self.n_values, np.bool_)
        placed[self.site_value[self.site_value != NO_VALUE]] = True
        return placed if placed.any() else np.ones(self.n_values, np.bool_)

    @property
    def has_places(self) -> bool:
        """Whether some value is a place of the map."""
        return bool((self.site_value != NO_VALUE).any())


class Arm(NamedTuple):
    """What the cases came to in one arm."""

    place: Int64  # (n,) the value of the place first tried, NO_VALUE for none
    said: Int64  # (n,) the value meant by what the changed agent said, NO_VALUE for none
    logits: Float64  # (n, n_actions) of the walker, when the change first reaches it


def make_ruler(recording: Recording, target: str, names: tuple[str, ...], speakers: tuple[int, ...]) -> Ruler:
    """Return how places and messages are read as the values `names` (K) of a target.

    Meanings are those of what `speakers` said in the recording: the value that makes a message likeliest, values taken
    as equally frequent.
    """
    sites = np.array(recording.layout["sites"], dtype=np.int64).reshape(-1, 2)
    messages, counts = _uses(recording, target, names, speakers)
    meaning = (counts / np.maximum(counts.sum(axis=0), 1)).argmax(axis=1)
    words = np.zeros(len(names), np.int64)
    by_use = counts.max(axis=1, initial=0).argsort(kind="stable")
    words[meaning[by_use]] = messages[by_use]  # the most used of a value comes last, and stays
    site_value = _site_values(recording, target, names, sites)
    return Ruler(sites, site_value, messages, meaning, len(names), recording.hearing_delay, words)


def _site_values(recording: Recording, target: str, names: tuple[str, ...], sites: Int64) -> Int64:
    """Return the value of each site."""
    base, _, form = target.partition(".")
    number = {name: index for index, name in enumerate(names) if name != NONE}
    if base not in PLACES or form == "offset" or recording.layout.get("maps", 1) > 1:
        return np.full(len(sites), NO_VALUE)
    if form == "cell":
        called = [f"{row},{column}" for row, column in sites.tolist()]
    else:
        seen = sectors(sites - map_centre(recording.layout), np.ones(len(sites), np.bool_))
        called = [SECTORS[sector] for sector in seen.tolist()]
    return np.array([number.get(name, NO_VALUE) for name in called], dtype=np.int64)


def _uses(recording: Recording, target: str, names: tuple[str, ...], agents: tuple[int, ...]) -> tuple[Int64, Float64]:
    """Return the codes (M,) of the messages said often enough, sorted, and how often of each value, (M, K)."""
    found = label(recording, find_target(target, recording), agents)
    place = {name: index for index, name in enumerate(names)}
    number = np.array([place.get(name, NO_VALUE) for name in found.names])
    value = np.where(found.valid, number[np.where(found.valid, found.values, 0).astype(np.int64)], NO_VALUE)
    code = codes(recording.read("channel/said", agents=agents))
    counted = (value != NO_VALUE) & (code > 0)
    messages, which = np.unique(code[counted], return_inverse=True)
    counts = np.zeros((len(messages), len(names)))
    np.add.at(counts, (which.reshape(-1), value[counted]), 1)
    often = counts.sum(axis=1) >= ENOUGH
    return messages[often], counts[often]


def codes(messages: NDArray[np.uint8]) -> Int64:
    """Return one number for each message (…, L)."""
    weights = BASE ** np.arange(messages.shape[-1], dtype=np.int64)
    coded: Int64 = messages.astype(np.int64) @ weights
    return coded


def read_arm(trace: Trace, cases: Cases, ruler: Ruler) -> Arm:
    """Return what the cases came to."""
    site = first_place(trace, cases.trials, ruler.sites, SPAN)
    place = np.where(site == NOWHERE, NO_VALUE, np.append(ruler.site_value, NO_VALUE)[site])
    said = codes(trace.said[cases.step, cases.episode, cases.agent])
    at = np.searchsorted(ruler.messages, said).clip(max=max(0, len(ruler.messages) - 1))
    known = (ruler.messages[at] == said) if len(ruler.messages) else np.zeros(len(said), np.bool_)
    meant = np.where(known, ruler.meaning[at], NO_VALUE) if len(ruler.messages) else np.full(len(said), NO_VALUE)
    reached = np.minimum(cases.step + ruler.delay * cases.speaks, len(trace.logits) - 1)
    logits = trace.logits[reached, cases.episode, cases.walker].astype(np.float64)
    return Arm(place, meant, logits)


def outcomes_of(ruler: Ruler, cases: Cases) -> tuple[str, ...]:
    """Return the outcomes that can be told, the main one first."""
    speaks = cases.speaks and len(ruler.messages) > 0
    return (SAID,) * speaks + (PLACE,) * ruler.has_places + (ACTION,)


def score(outcome: str, arm: Arm, twin: Arm, wanted: Int64) -> Float64:
    """Return the score of each case (n,): 1 where it came to the wanted value (n,) and 0 elsewhere.

    For the action, by how many bits its distribution moved away from the twin's.
    """
    if outcome == ACTION:
        return kl_bits(arm.logits, twin.logits)
    told = arm.place if outcome == PLACE else arm.said
    return np.asarray(told == wanted, dtype=np.float64)


def came_to(values: Int64, wanted: Int64, own: Int64) -> dict[str, float]:
    """Return the share of cases whose place, or message, has the wanted value, their own, another, or none."""
    shares = {
        "wanted": values == wanted,
        "own": values == own,
        "other": (values != wanted) & (values != own) & (values != NO_VALUE),
        "none": values == NO_VALUE,
    }
    return {name: float(np.mean(share)) for name, share in shares.items()}


def came_to_by_arm(
    arms: Mapping[str, Arm], outcomes: tuple[str, ...], wanted: Int64, own: Int64
) -> dict[str, dict[str, dict[str, float]]]:
    """Return for places and messages, where these can be told, what each arm came to."""
    return {
        outcome: {name: came_to(getattr(arm, outcome), wanted, own) for name, arm in arms.items()}
        for outcome in outcomes
        if outcome != ACTION
    }


def identical(one: Arm, other: Arm) -> bool:
    """Return whether two arms came to the same in every bit."""
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def spread_of(means: list[float], n_cases: int) -> dict[str, Any]:
    """Return the mean over draws of an arm, and the range that holds 95 % of them."""
    low, high = np.quantile(means, [0.025, 0.975])
    return {"mean": float(np.mean(means)), "interval": [float(low), float(high)], "n": n_cases, "n_draws": len(means)}


def mean_of(values: Float64, rng: np.random.Generator) -> dict[str, Any]:
    """Return the mean over cases (n,), one an episode, its interval and n."""
    return {"mean": float(values.mean()), "interval": bca_mean(values, rng), "n": len(values)}


def kl_bits(told: Float64, twin: Float64) -> Float64:
    """Return KL(told || twin) of the actions' distributions with those logits (n, n_actions), (n,), in bits."""
    p, q = log_softmax(told), log_softmax(twin)
    divergence: Float64 = (np.exp(p) * (p - q)).sum(axis=1) / np.log(2)
    return divergence


def log_softmax(logits: Float64) -> Float64:
    """Return log-probabilities along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out: Float64 = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out
