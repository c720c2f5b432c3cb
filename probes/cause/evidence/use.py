"""Use: what hearing is worth. The same episodes with messages as they are, of other episodes, distorted, and with none.

The main null is the messages of other episodes at the same step: it keeps how often and what is said, and breaks what
it is about. Episodes are exchanged among those of the same kinship. The other arms take more away: scrambled messages
keep only how often each is said, noisy ones half of their symbols, constant ones only that something is said.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention
from commlab.agents.plan import MUTED, Plan, make_plan, saying, together
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, bca_paired_difference
from commlab.probes.cause.roles import home_plan, is_muted
from commlab.probes.cause.shown import agent_called, moment_in, parting
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable

__all__ = ["ARMS", "fit", "kin_strata", "other_episodes"]

UNIT = "return of an agent an episode"
ARMS = ("other episode", "scrambled", "constant", "noisy", "muted")
NOISE = 0.5  # the chance that a symbol of the noisy channel is another one
LEAST = 8  # episodes


def fit(
    checkpoint: Playable,
    control: Playable | None = None,
    n_episodes: int = 512,
    seed: int = 0,
    n_null: int = 199,
    command: str = "use",
    natural: Trace | None = None,
    arms: tuple[str, ...] = ARMS,
) -> Result:
    """Return how much return falls when every message is replaced by that of another episode at the same step.

    The estimate is paired over episodes; `control` are agents trained with the channel muted, who play the same
    episodes muted. The null flips the sign of each episode's difference. Agents that were trained muted play muted in
    every arm. `natural` is the untouched trace of the same episodes, if it is there already. Raises DataError for fewer
    than 8 episodes.
    """
    if n_episodes < LEAST:
        raise DataError(f"use: {n_episodes} episodes are too few for an interval; take {LEAST} or more.")
    rng = np.random.default_rng(seed)
    natural = natural or play(checkpoint, n_episodes, seed, home_plan(checkpoint))
    returns = {"hearing": natural.returns}
    shown: list[dict[str, Any]] = []
    for arm in dict.fromkeys(("other episode", *arms)):
        plan = together(_arm(arm, natural, checkpoint, rng), home_plan(checkpoint))
        trace = play(checkpoint, n_episodes, seed, plan)
        returns[arm] = trace.returns
        if arm == "other episode" and not is_muted(checkpoint):
            shown = _shown(checkpoint, natural, trace)
    if control is not None:
        returns["trained muted"] = play(control, n_episodes, seed, MUTED).returns
    conditions = {name: _summary(values, rng) for name, values in returns.items()}
    difference = returns["hearing"] - returns["other episode"]
    null = np.abs((difference * rng.choice([-1.0, 1.0], (n_null, n_episodes))).mean(axis=1))
    estimate = float(difference.mean())
    lost = {arm: _lost(returns["hearing"], values, rng) for arm, values in returns.items() if arm != "hearing"}
    return Result(
        analysis="use",
        name="use",
        estimate=estimate,
        unit=UNIT,
        interval=lost["other episode"]["interval"],
        null=Null("signs of episodes flipped", float(null.mean()), 0.0, float(np.quantile(null, 0.95)), n_null),
        p_value=float((1 + (null >= abs(estimate)).sum()) / (1 + n_null)),
        n_episodes=n_episodes,
        sentence=_sentence(conditions, is_muted(checkpoint)),
        details={
            "conditions": conditions,
            "lost": lost,
            "unit": UNIT,
            "muted": is_muted(checkpoint),
            "moments": shown,
        },
        provenance=provenance(command, seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


def _shown(agents: Playable, natural: Trace, other: Trace) -> list[dict[str, Any]]:
    """Return the episode of the median loss, the first that lost by other episodes' messages and the first that not."""
    lost = natural.returns - other.returns

    def show(n: int) -> Moment | None:
        step, agent = parting(natural, other, n)
        note = (
            f"hearing another episode's messages they earn {other.returns[n]:.2f} instead of {natural.returns[n]:.2f}; "
            f"{agent_called(agents.scenario, agent)} goes another way first"
        )
        return moment_in(other, n, step, (agent,), note)

    return picked(pick(lost > 0, "earned less", lost, cases="episodes"), show)


def other_episodes(said: NDArray[np.uint8], rng: np.random.Generator, strata: NDArray[np.int64] | None = None) -> Plan:
    """Return the plan in which everyone emits what it said at the same step of another episode; `said` (T, W, A, L).

    Episodes are exchanged along one random cycle within each stratum (W,), so that none keeps its own messages, but one
    that is alone in its stratum.
    """
    source = np.arange(said.shape[1])
    of = np.zeros_like(source) if strata is None else strata
    for stratum in np.unique(of):
        order = rng.permutation(np.flatnonzero(of == stratum))
        source[order] = np.roll(order, 1)
    return saying(said[:, source])


def kin_strata(trace: Trace) -> NDArray[np.int64]:
    """Return which episodes have the same pairs of kin, (W,): who is kin to whom, not how much.

    Episodes whose pairs nobody else has are taken together: kept apart, each would hear its own messages again.
    """
    kin = (trace.kinship > 0).reshape(len(trace.kinship), -1)
    strata: NDArray[np.int64] = np.unique(kin, axis=0, return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(strata)
    alone = sizes[strata] == 1
    strata[alone] = len(sizes) if alone.sum() > 1 else sizes.argmax()
    return strata


def _arm(arm: str, natural: Trace, agents: Playable, rng: np.random.Generator) -> Plan:
    """Return the plan of an arm. Raises DataError for one that there is not."""
    said, scenario = natural.said, agents.scenario
    if arm == "other episode":
        return other_episodes(said, rng, kin_strata(natural))
    if arm == "scrambled":
        steps, worlds = (rng.integers(0, n, said.shape[:2]) for n in said.shape[:2])
        return saying(said[steps, worlds])
    if arm == "constant":
        return saying(_most_said(said)[None, None])
    if arm == "noisy":
        noise = Intervention("message.out", "noise", chance=NOISE)
        return make_plan([[noise]] * said.shape[1], scenario.steps, scenario.n_agents, scenario.channel.length)
    if arm == "muted":
        return MUTED
    raise DataError(f"There is no arm {arm!r}: use compares hearing with {', '.join(ARMS)}.")


def _most_said(said: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what each agent says most often if it is not silent, (A, L)."""
    out = np.zeros(said.shape[2:], np.uint8)
    for agent in range(said.shape[2]):
        spoken = said[:, :, agent].reshape(-1, said.shape[3])
        spoken = spoken[spoken.any(axis=1)]
        if len(spoken):
            messages, counts = np.unique(spoken, axis=0, return_counts=True)
            out[agent] = messages[counts.argmax()]
    return out


def _lost(hearing: NDArray[np.float64], other: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any]:
    """Return how much less an arm earns than those that hear, paired over episodes."""
    return {"mean": float((hearing - other).mean()), "interval": bca_paired_difference(hearing, other, rng)}


def _summary(values: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any]:
    """Return the mean, its interval and n."""
    return {"mean": float(values.mean()), "interval": bca_mean(values, rng), "n": len(values)}


def _sentence(conditions: dict[str, dict[str, Any]], muted: bool) -> str:
    """Return the finding in words."""
    hearing, other = conditions["hearing"]["mean"], conditions["other episode"]["mean"]
    if muted:
        return f"Agents trained with the channel muted hear nothing: whatever is said, they earn {hearing:.2f}."
    lost = f"{100 * (1 - other / hearing):.0f} % less" if hearing > 0 and other < hearing else "no less"
    parts = [
        f"Agents that hear earn {hearing:.2f} an episode, and {other:.2f} ({lost}) when they hear the messages of "
        f"other episodes instead"
    ]
    if "muted" in conditions:
        parts.append(f"with the channel muted they earn {conditions['muted']['mean']:.2f}")
    if "trained muted" in conditions:
        parts.append(f"agents trained without the channel earn {conditions['trained muted']['mean']:.2f}")
    return "; ".join(parts) + "."
