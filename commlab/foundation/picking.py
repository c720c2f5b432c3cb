"""Picking: which cases of an analysis a reader is shown, by a rule that is said beside each of them.

Nothing is chosen for its looks: it is the case of the median effect, the first one that went as it was wanted, and the
first that did not.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from commlab.foundation.moments import Moment, written

__all__ = ["Pick", "Show", "explained", "pick", "picked"]

Show = Callable[[int], Moment | None]  # makes the moment of a case, None where it cannot be shown


class Pick(NamedTuple):
    """A trial that is shown."""

    trial: int
    why: str  # by which rule


def pick(
    worked: ArrayLike,
    what: str,
    effect: ArrayLike | None = None,
    among: ArrayLike | None = None,
    cases: str = "trials",
) -> list[Pick]:
    """Return the trial of the median `effect` (n,), the first that `worked` (n,), and the first that did not.

    what: in words, what it is to have worked: "arrived". among: which trials count (n,). Of an even number of effects
    it is the lower one in the middle; trials whose effect is not finite do not count. Each trial is named once, under
    the first of its rules. cases: what trials are called: "episodes".
    """
    good = np.asarray(worked, dtype=np.bool_)
    known = np.ones(len(good), np.bool_) if among is None else np.asarray(among, dtype=np.bool_).copy()
    found: dict[int, str] = {}
    if effect is not None:
        known &= np.isfinite(np.asarray(effect, np.float64))
    if effect is not None and known.any():
        values = np.where(known, np.asarray(effect, np.float64), np.inf)
        middle = int(np.argsort(values, kind="stable")[(known.sum() - 1) // 2])
        found[middle] = f"the median of {known.sum():,} {cases}"
    for is_good, word in ((True, what), (False, f"not {what}")):
        fits = np.flatnonzero((good == is_good) & known)
        if len(fits):
            found.setdefault(int(fits[0]), f"the first of {len(fits):,} {cases} that have {word}")
    return [Pick(trial, why) for trial, why in found.items()]


def explained(picks: Sequence[Pick], show: Show) -> list[Moment]:
    """Return the moments of trials; each note ends with the rule by which the trial was picked."""
    found = ((one, show(one.trial)) for one in picks)
    return [replace(moment, note=f"{moment.note} ({one.why})") for one, moment in found if moment is not None]


def picked(picks: Sequence[Pick], show: Show) -> list[dict[str, Any]]:
    """Return the same as they are saved."""
    return written(explained(picks, show))
