"""The course of measurements over a run's checkpoints: when speech rose above chance, when it settled, in words."""

from typing import Any

from commlab.foundation.statistics import benjamini_hochberg
from commlab.probes.decode.wording import SIGNIFICANT

__all__ = ["about", "add_q_values", "rose_at", "sentence", "series_of", "settled_at"]

LONG, LEAST = 0.25, 3  # share of the training, and checkpoints, over which what has settled must stay

Points = list[dict[str, Any]]  # of one series: agent_steps, value, low, high, p_value, null_low, null_high, reason


def series_of(stages: list[dict[str, Any]]) -> dict[str, Points]:
    """The points of each series over the checkpoints."""
    return {
        key: [{"agent_steps": stage["agent_steps"], **stage["points"][key]} for stage in stages]
        for key in stages[0]["points"]
        if all(key in stage["points"] for stage in stages)
    }


def add_q_values(points: Points) -> None:
    """Give each point its p-value among all checkpoints (Benjamini & Hochberg 1995), None where it has no p-value."""
    tested = [p for p in points if p["p_value"] is not None]
    adjusted = benjamini_hochberg([p["p_value"] for p in tested]).tolist()
    for p in points:
        p["q_value"] = None
    for p, q in zip(tested, adjusted, strict=True):
        p["q_value"] = q


def rose_at(points: Points) -> int | None:
    """The first checkpoint from which on the information is above chance at all checkpoints; None without one."""
    above = [p["q_value"] is not None and p["q_value"] <= SIGNIFICANT and p["value"] > 0 for p in points]
    below = [i for i, is_above in enumerate(above) if not is_above]
    first = below[-1] + 1 if below else 0
    return first if first < len(points) else None


def settled_at(points: Points) -> int | None:
    """The first checkpoint from which on all intervals overlap the last one's; None where it was still changing.

    Settled means that this holds for three checkpoints or more, over the last quarter of the training or longer.
    """
    end = points[-1]
    if end["low"] is None:
        return None
    apart = [p["low"] is None or p["low"] > end["high"] or p["high"] < end["low"] for p in points]
    first = max((i + 1 for i, is_apart in enumerate(apart) if is_apart), default=0)
    long = end["agent_steps"] - points[first]["agent_steps"] >= LONG * end["agent_steps"]
    return first if long and len(points) - first >= LEAST else None


def about(key: str) -> dict[str, str]:
    """A series' title and unit."""
    known = {
        "return": ("return of an agent an episode", "reward"),
        "probe": ("linear probe of what is said", "balanced accuracy"),
        "message_entropy": ("entropy of messages", "bits"),
        "silence": ("silence", "share of steps"),
        "topographic_similarity": ("topographic similarity", "Spearman's rho"),
        "agreement": ("agreement with the last code", "share above chance"),
    }
    title, unit = known.get(key, (f"about {key.removeprefix('bits:')}", "bits"))
    return {"title": title, "unit": unit}


def sentence(details: dict[str, Any], lead: Points) -> str:
    """The finding in plain words."""
    target, end, n = details["target"], lead[-1], len(lead)
    if n == 1:
        said = "nothing could be measured" if end["value"] is None else f"it carries {end['value']:z.2f} bits there"
        return (
            f"The run has a single checkpoint, at {amount(end['agent_steps'])} agent steps, so that how speech about "
            f"{target} formed cannot be told; {said}."
        )
    span = f"{n} checkpoints from {amount(lead[0]['agent_steps'])} to {amount(end['agent_steps'])} agent steps, "
    span += f"{details['n_episodes']} episodes each"
    if end["value"] is None:
        return f"At the last checkpoint speech about {target} is undefined: {end['reason']} ({span})."
    if details["rose_at"] is None:
        return f"Speech about {target} is not above chance at the last checkpoint ({end['value']:z.2f} bits; {span})."
    rose = details["rose_at"]
    when = "was above chance from the first checkpoint on" if rose == lead[0]["agent_steps"] else ""
    when = when or f"rose above chance at {amount(rose)} agent steps"
    settled = details["settled_at"]
    if settled is None:
        return f"Speech about {target} {when} and was still changing at the end, at {end['value']:z.2f} bits ({span})."
    return f"Speech about {target} {when} and settled at {end['value']:z.2f} bits by {amount(settled)} ({span})."


def amount(steps: int) -> str:
    """Agent steps as a reader wants them: "0.8 million"."""
    return f"{steps / 1e6:.1f} million" if steps >= 1e5 else f"{steps:,}"
