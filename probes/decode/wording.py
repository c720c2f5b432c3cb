"""Findings in plain words."""

import re

from commlab.foundation import rounding
from commlab.foundation.result import Null
from commlab.foundation.rounding import SIGNIFICANT

__all__ = [
    "SIGNIFICANT",
    "as_clause",
    "bits_sentence",
    "chance",
    "class_sentence",
    "episodes",
    "file_stem",
    "number_sentence",
    "percent",
]


def file_stem(*parts: str) -> str:
    """The parts joined to a file name without spaces or slashes."""
    return re.sub(r"[^\w.\-]+", "_", "-".join(parts))


def as_clause(name: str, description: str) -> str:
    """A target's name with its description in brackets: "own_energy (the energy of the agent, in joules)"."""
    return f"{name} ({description[:1].lower()}{description[1:].rstrip('.')})"


def episodes(n: int) -> str:
    """A number of episodes: "1 episode", "212 episodes"."""
    return "1 episode" if n == 1 else f"{n:,} episodes"


def percent(share: float) -> str:
    """A share as a whole percentage, 0 % or 100 % only where it is so."""
    return rounding.percent(share)


def class_sentence(
    opening: str, score: float, interval: tuple[float, float] | None, null: Null | None, n_classes: int, ending: str
) -> str:
    """A balanced accuracy among its nulls."""
    inside = []
    if interval:
        inside.append(f"95 % interval {100 * interval[0]:.0f}–{100 * interval[1]:.0f} %")
    inside.append(f"null {percent(null.mean)}" if null else "no null")
    inside.append(f"majority {percent(1 / n_classes)}")
    return f"{opening} in {percent(score)} of held-out steps (balanced; {', '.join(inside)}; {ending})."


def number_sentence(
    opening: str, score: float, interval: tuple[float, float] | None, null: Null | None, ending: str
) -> str:
    """An R^2 among its nulls."""
    inside = [f"95 % interval {interval[0]:z.2f} to {interval[1]:z.2f}"] if interval else []
    inside.append(f"null {null.mean:z.2f}" if null else "no null")
    return f"{opening} with R^2 = {score:z.2f} on held-out episodes ({', '.join(inside)}; {ending})."


def bits_sentence(
    who: str, what: str, bits: float, interval: tuple[float, float] | None, beside: tuple[float, float], ending: str
) -> str:
    """A corrected information; `beside` are the plug-in value and the mean of its null."""
    span = f"95 % interval {interval[0]:z.2f} to {interval[1]:z.2f}, " if interval else ""
    return (
        f"What {who} said carries {bits:z.2f} bits about {what} ({span}plug-in {beside[0]:z.2f}, of which whole "
        f"episodes permuted give {beside[1]:z.2f}; {ending})."
    )


def chance(p_value: float | None) -> str:
    """What a p-value says."""
    if p_value is None:
        return "no test was possible"
    return f"p = {p_value:.3g}" + ("" if p_value <= SIGNIFICANT else ", no more than chance gives")
