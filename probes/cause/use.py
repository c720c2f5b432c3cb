"""Use: what hearing is worth. The same episodes with messages as they are, of other episodes, and with none."""

from __future__ import annotations

from typing import Any

import numpy as np

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.plan import MUTED, Plan, saying
from commlab.foundation.errors import DataError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, bca_paired_difference
from commlab.probes.cause.twins import play

__all__ = ["fit", "other_episodes"]

UNIT = "return of an agent an episode"


def fit(
    checkpoint: Checkpoint,
    control: Checkpoint | None = None,
    n_episodes: int = 512,
    seed: int = 0,
    n_null: int = 199,
    command: str = "use",
) -> Result:
    """Return how much return falls when every message is replaced by that of another episode at the same step.

    The estimate is paired over episodes; `control` are agents trained with the channel muted, who play the same
    episodes muted. The null flips the sign of each episode's difference.
    """
    if n_episodes < 8:
        raise DataError(f"use: {n_episodes} episodes are too few for an interval; take 8 or more.")
    rng = np.random.default_rng(seed)
    natural = play(checkpoint, n_episodes, seed)
    returns = {
        "hearing": natural.returns,
        "other episode": play(checkpoint, n_episodes, seed, other_episodes(natural.said, rng)).returns,
        "muted": play(checkpoint, n_episodes, seed, MUTED).returns,
    }
    if control is not None:
        returns["trained muted"] = play(control, n_episodes, seed, MUTED).returns
    conditions = {name: _summary(values, rng) for name, values in returns.items()}
    difference = returns["hearing"] - returns["other episode"]
    null = np.abs((difference * rng.choice([-1.0, 1.0], (n_null, n_episodes))).mean(axis=1))
    estimate = float(difference.mean())
    hearing, other = conditions["hearing"]["mean"], conditions["other episode"]["mean"]
    return Result(
        analysis="use",
        name="use",
        estimate=estimate,
        unit=UNIT,
        interval=bca_paired_difference(returns["hearing"], returns["other episode"], rng),
        null=Null("signs of episodes flipped", float(null.mean()), 0.0, float(np.quantile(null, 0.95)), n_null),
        p_value=float((1 + (null >= abs(estimate)).sum()) / (1 + n_null)),
        n_episodes=n_episodes,
        sentence=_sentence(conditions, hearing, other),
        details={"conditions": conditions, "unit": UNIT},
        provenance=provenance(command, seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


def other_episodes(said: np.ndarray, rng: np.random.Generator) -> Plan:
    """Return the plan in which everyone emits what it said at the same step of another episode; `said` (T, W, A, L).

    Episodes are exchanged along one random cycle, so that none keeps its own messages.
    """
    order = rng.permutation(said.shape[1])
    source = np.empty_like(order)
    source[order] = np.roll(order, 1)
    return saying(said[:, source])


def _summary(values: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Return the mean, its interval and n."""
    return {"mean": float(values.mean()), "interval": bca_mean(values, rng), "n": len(values)}


def _sentence(conditions: dict[str, dict[str, Any]], hearing: float, other: float) -> str:
    """Return the finding in words."""
    lost = f"{100 * (1 - other / hearing):.0f} % less" if hearing > 0 and other < hearing else "no less"
    parts = [
        f"Agents that hear earn {hearing:.2f} an episode, and {other:.2f} ({lost}) when they hear the messages of "
        f"other episodes instead; with the channel muted they earn {conditions['muted']['mean']:.2f}"
    ]
    if "trained muted" in conditions:
        parts.append(f"agents trained without the channel earn {conditions['trained muted']['mean']:.2f}")
    return "; ".join(parts) + "."
