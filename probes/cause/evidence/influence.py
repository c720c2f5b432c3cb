"""Influence: how much it matters to listeners which message they hear, in bits of their next action.

CIC(q) = E_s sum_m q(m) sum_a p(a given do m, s) log2 [p(a given do m, s) / sum_m' q(m') p(a given do m', s)]
(Lowe et al. 2019, with the sum over messages that their published code lacks), with q the speakers' marginal over
episodes and with q uniform over the messages used. Both together decide whether anybody listens. With q = p(m given s)
it is bounded by H(m given s) and 0 for a speaker that is sure of what to say: reported, decides nothing. Social
influence (Jaques et al. 2019) is KL(p(a given the message heard, s) || sum_m' p(m' given s) p(a given do m', s)).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result, undefined
from commlab.foundation.statistics import bca_interval
from commlab.probes.cause.evidence.answers import Answers, Repertoire, ask
from commlab.probes.cause.evidence.listening import by_episode
from commlab.probes.cause.roles import home_plan, is_muted
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.twins import Trace, play
from commlab.probes.cause.untrained import untrained_twin
from commlab.recording import Playable

__all__ = ["LISTENS", "Estimate", "fit", "influence_of", "influences"]

LISTENS = 0.02  # bits: what the lower ends of both intervals must reach
LEAST = 8  # episodes
LN2 = float(np.log(2))
UNIT = "bits"

Float64 = NDArray[np.float64]


class Estimate(NamedTuple):
    """A mean over moments with its interval over episodes."""

    mean: float
    interval: tuple[float, float] | None
    n: int  # moments


def influences(answers: ArrayLike, weights: ArrayLike) -> Float64:
    """Return the influence in bits at each of N moments, (N,).

    answers (N, M, A): the probabilities of actions after each message; weights (M,) or (N, M): q. The same arithmetic
    as `decode.coordination.cic`; exactly 0 where all messages are answered alike.
    """
    given = np.asarray(answers, dtype=np.float64)
    q = np.broadcast_to(np.asarray(weights, dtype=np.float64), given.shape[:2])
    mean = mixture(given, q)
    moved = np.where(q > 0, rel_entr(given, mean[:, None]).sum(axis=-1), 0.0)
    bits: Float64 = np.maximum(0.0, (q * moved).sum(axis=1)) / LN2
    return bits


def mixture(given: Float64, q: Float64) -> Float64:
    """Return sum_m q(m) p(a given do m), (N, A), of answers (N, M, A) and weights (N, M).

    It is counted from the weightiest answer on, so that it is exactly that answer where all are alike.
    """
    base = given[np.arange(len(given)), q.argmax(axis=1)]
    mean: Float64 = base + np.einsum("nm,nma->na", q, given - base[:, None])
    return mean


def fit(
    agents: Playable,
    n_episodes: int = 256,
    seed: int = 0,
    natural: Trace | None = None,
    compare: bool = True,
    command: str = "influence",
) -> Result:
    """Return CIC(q) of the speakers' marginal, at steps at which listeners carry nothing, with its interval.

    The null is the untrained network's, played in the same episodes with its own messages; scripted agents have none.
    `natural` is the untouched trace of these episodes, if it is there already. Without speech it is undefined.
    """
    if n_episodes < LEAST:
        raise DataError(f"influence: {n_episodes} episodes are too few for an interval; take {LEAST} or more.")
    origin = provenance(command, seed, agents.sha256) | {"grounding": agents.facts.get("grounding")}
    natural = natural or play(agents, n_episodes, seed, home_plan(agents))
    answers = ask(agents, n_episodes, seed, natural)
    if answers is None:
        reason = "nothing is ever said"
        return undefined("influence", "influence", UNIT, reason, n_episodes, {"listens": False}, origin)
    found = influence_of(answers, seed)
    untrained = _untrained(agents, n_episodes, seed) if compare else None
    marginal = found["marginal"]
    return Result(
        analysis="influence",
        name="influence",
        estimate=marginal.mean,
        unit=UNIT,
        interval=marginal.interval,
        null=None if untrained is None else _null(untrained),
        p_value=None,
        n_episodes=len(np.unique(answers.episode)),
        sentence=_sentence(found, untrained),
        details={
            "measures": {name: estimate._asdict() for name, estimate in found.items()},
            "untrained": None if untrained is None else {name: one._asdict() for name, one in untrained.items()},
            "listens": listens(found, untrained),
            "bar": LISTENS,
            **_tables(answers),
            "moments": [] if is_muted(agents) else _shown(agents, answers, natural),
        },
        provenance=origin,
    )


def _shown(agents: Playable, answers: Answers, natural: Trace) -> list[dict[str, Any]]:
    """Return the moment of the median influence, the first above the bar, and the first that is not."""
    free = answers.where(answers.free) if answers.free.any() else answers
    order = np.lexsort((free.step, free.episode))
    bits = influences(free.probability, answers.repertoire.share)[order]

    def show(n: int) -> Moment | None:
        row = order[n]
        heard = int(free.heard[row])
        message = "silence" if heard < 0 else " ".join(map(str, answers.repertoire.messages[heard].tolist()))
        note = (
            f"{agent_called(agents.scenario, free.listener[row])} hears {message}; which message it hears here decides "
            f"{bits[n]:.2f} bits of its next action"
        )
        return moment_in(natural, int(free.episode[row]), int(free.step[row]), (int(free.listener[row]),), note)

    return picked(pick(bits > LISTENS, f"more than {LISTENS:g} bits", bits, cases="moments"), show)


def influence_of(answers: Answers, seed: int = 0) -> dict[str, Estimate]:
    """Return every measure of influence, in bits.

    "every_step" counts moments at which listeners carry something, too; "spoken" leaves silence out of the speakers'
    marginal, so that it matters which message is heard and not whether: a listener that takes messages for a clock has
    none of it. Where no listener ever carries nothing, all moments count.
    """
    free = answers.where(answers.free) if answers.free.any() else answers
    share, m = answers.repertoire.share, len(answers.repertoire)
    heard = free.where(np.asarray(np.isfinite(free.prior).all(axis=1)))
    known = heard.where(heard.heard >= 0)
    values = {
        "marginal": (influences(free.probability, share), free.episode),
        "uniform": (influences(free.probability, np.full(m, 1 / m)), free.episode),
        "given_state": (influences(heard.probability, heard.prior), heard.episode),
        "social": (_social(known), known.episode),
        "every_step": (influences(answers.probability, share), answers.episode),
        "spoken": (influences(free.probability, _spoken(answers.repertoire)), free.episode),
    }
    rng = np.random.default_rng(seed)
    return {name: _mean(*value, rng) for name, value in values.items() if len(value[0])}


def listens(found: dict[str, Estimate], untrained: dict[str, Estimate] | None) -> bool:
    """Return whether both intervals lie above the bar, and above the untrained network's."""
    for name in ("marginal", "uniform"):
        bars = [LISTENS]
        if untrained is not None and name in untrained:
            bars.append(upper(untrained[name]))
        if lower(found[name]) <= max(bars):
            return False
    return True


def lower(estimate: Estimate) -> float:
    """Return the lower end of the interval; below all where there is none."""
    return estimate.interval[0] if estimate.interval else float("-inf")


def upper(estimate: Estimate) -> float:
    """Return the upper end of the interval; the mean where there is none."""
    return estimate.interval[1] if estimate.interval else estimate.mean


def _spoken(repertoire: Repertoire) -> Float64:
    """Return the marginal (M,) of the messages that are not silence."""
    share = np.where(repertoire.messages.any(axis=1), repertoire.share, 0.0)
    return np.asarray(share / share.sum())


def _social(answers: Answers) -> Float64:
    """Return social influence at each moment, (N,): the message heard against what might have been said."""
    if not len(answers):
        return np.zeros(0)
    given = answers.probability.astype(np.float64)
    mean = mixture(given, answers.prior)
    actual = given[np.arange(len(given)), answers.heard]
    bits: Float64 = np.maximum(0.0, rel_entr(actual, mean).sum(axis=1)) / LN2
    return bits


def _mean(values: Float64, episode: NDArray[np.int64], rng: np.random.Generator) -> Estimate:
    """Return the mean over moments, with its interval over episodes."""
    sums = by_episode(values, episode)
    interval = bca_interval(sums, lambda total: total[:, 0] / total[:, 1], rng)
    return Estimate(float(values.mean()), interval, len(values))


def _untrained(agents: Playable, n_episodes: int, seed: int) -> dict[str, Estimate] | None:
    """Return the same measures of the untrained network, None for scripted agents and for one that never speaks."""
    fresh = untrained_twin(agents, seed)
    answers = None if fresh is None else ask(fresh, n_episodes, seed)
    return None if answers is None else influence_of(answers, seed)


def _null(untrained: dict[str, Estimate]) -> Null:
    """Return what the untrained network has, as a null."""
    one = untrained["marginal"]
    low, high = one.interval or (one.mean, one.mean)
    return Null("untrained network", one.mean, low, high, 1)


def _tables(answers: Answers) -> dict[str, Any]:
    """Return what each message does, to whom, and what was asked."""
    free = answers.where(answers.free) if answers.free.any() else answers
    share = answers.repertoire.share
    given = free.probability.astype(np.float64)
    mean = mixture(given, np.broadcast_to(share, given.shape[:2]))
    moved = rel_entr(given, mean[:, None]).sum(axis=-1).mean(axis=0) / LN2
    each = influences(free.probability, share)
    who = np.unique(free.listener)
    return {
        "messages": [
            {"message": message.tolist(), "share": float(q), "bits": max(0.0, float(bits))}
            for message, q, bits in zip(answers.repertoire.messages, share, moved, strict=True)
        ],
        "listeners": [{"agent": int(a), "bits": float(each[free.listener == a].mean())} for a in who],
        "coverage": answers.repertoire.coverage,
        "n_used": answers.repertoire.n_used,
        "n_moments": len(free),
        "carrying_nothing": bool(answers.free.any()),
    }


def _sentence(found: dict[str, Estimate], untrained: dict[str, Estimate] | None) -> str:
    """Return the finding in words."""
    marginal, uniform = found["marginal"], found["uniform"]
    beside = "" if untrained is None else f"; an untrained network's, {untrained['marginal'].mean:.3f}"
    text = (
        f"Which message is heard decides {marginal.mean:.2f} bits of a listener's next action when it carries nothing "
        f"({uniform.mean:.2f} with all messages alike{beside})"
    )
    if listens(found, untrained):
        return f"{text}: they listen."
    return f"{text}: nobody listens." if marginal.mean <= LISTENS else f"{text}: not enough to say that they listen."
