"""Content: a message taken from another world state moves the listener toward that state's referent.

Paired twins: at a step at which a listener carries nothing it is told, in one twin, a message that was said at the same
step of another episode, and in the other twin one of a third episode, by phantoms of the same kinship; the real
speakers are muted for it. In both the crystal that was spoken of is where this world has none, and both twins have seen
the same, so that only the message can tell them apart. The estimate is how many cells closer each twin is to what its
own message was about, than the other one, mean over the steps that follow.

Two nulls: between trials, which referents are scored; and between messages, which referents belong to which. The second
one asks whether listeners take messages as speakers mean them: a listener with a reading of its own obeys, and passes
the first null by chance as soon as it takes some messages for what they mean.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention
from commlab.agents.plan import Plan, make_plan, together
from commlab.agents.scripted.ground import sector_of
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, permutation_p_value
from commlab.probes.cause.roles import Roles, home_plan, is_muted, roles_of
from commlab.probes.cause.shown import agent_called, cell_called, moment_in
from commlab.probes.cause.trials import Trials, choose_trials, in_time
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable, layout

__all__ = ["LEAST", "SPAN", "TARGET", "Wish", "fit"]

TARGET = "resource_location"  # what is moved toward: the crystal nearest to who spoke
SPAN = 12  # steps that the phantom goes on speaking
LEAST = 16  # trials
TRIES = 64  # episodes looked at for something to say in a trial
EXACT = 5  # messages up to which all ways to exchange them are tried
MANY = 999  # ways tried of more
UNIT = "cells closer"

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Wish(NamedTuple):
    """What is asked."""

    n_episodes: int = 512
    seed: int = 0
    kinship: float | NDArray[np.float64] = 1.0  # of the phantoms, or one for each episode, (W,)
    told: NDArray[np.bool_] | None = None  # episodes whose listeners are told something, (W,); None: all
    sources: NDArray[np.bool_] | None = None  # episodes that messages are taken from, (W,); None: those to kin, if any
    n_null: int = 199


class Drawn(NamedTuple):
    """What one arm is told, in n trials."""

    message: NDArray[np.uint8]  # (n, L)
    place: Int64  # (n, 2) row and column of the crystal that it was said of
    found: NDArray[np.bool_]  # (n,) whether there was anything to say

    def where(self, keep: NDArray[np.bool_]) -> Drawn:
        """Return what is told in the trials for which `keep` (n,) is true."""
        return Drawn(self.message[keep], self.place[keep], self.found[keep])


class Moved(NamedTuple):
    """What came of it, for both arms one after the other: 2 n rows."""

    message: Int64  # (2 n,) number of the message
    place: Int64  # (2 n,) number of the cell that it was said of
    cells: Int64  # (C, 2) all these cells
    gain: Float64  # (2 n, C) how many cells closer to each of them than the twin, mean over steps
    n_messages: int

    @property
    def n(self) -> int:
        """The number of trials."""
        return len(self.place) // 2

    def scores(self, place: Int64) -> Float64:
        """Return each trial's score when its arms are scored by the cells `place` (2 n,): (n,)."""
        own = self.gain[np.arange(2 * self.n), place]
        score: Float64 = (own[: self.n] + own[self.n :]) / 2
        return score


def fit(agents: Playable, wish: Wish | None = None, natural: Trace | None = None, command: str = "verdict") -> Result:
    """Return how many cells closer listeners come to what messages of other states are about, paired over episodes.

    details["relabelled"] holds the second null: n_messages and its p_value, exact where there are few messages. Agents
    that were trained muted live muted, phantoms included. Raises DataError where there are fewer than 16 trials or one
    message: then nothing can be told apart.
    """
    wish = wish or Wish()
    rng = np.random.default_rng([wish.seed, 7])
    natural = natural or play(agents, wish.n_episodes, wish.seed, home_plan(agents))
    trials, arms = _trials(agents, natural, wish, rng)
    plans = [_plan(agents, trials, arm.message, wish) for arm in arms]
    traces = [play(agents, wish.n_episodes, wish.seed, plan) for plan in plans]
    seen = _seen_in_both([_path(trace, trials) for trace in traces])
    told = _Told(in_time(trials, seen), arms[0].where(seen), arms[1].where(seen), traces[0])
    moved = _moved((told.first, told.other), [_path(trace, told.trials) for trace in traces])
    if moved.n_messages < 2:
        raise DataError("Content is tested between two messages, and only one is ever said: look at use instead.")
    scores = moved.scores(moved.place)
    estimate = float(scores.mean())
    draws = np.array([moved.scores(_exchanged(moved, rng)).mean() for _ in range(wish.n_null)])
    low, high = np.quantile(draws, [0.025, 0.975])
    return Result(
        analysis="content",
        name="content",
        estimate=estimate,
        unit=UNIT,
        interval=bca_mean(scores, rng),
        null=Null("referents exchanged between trials", float(draws.mean()), float(low), float(high), wish.n_null),
        p_value=permutation_p_value(estimate, draws),
        n_episodes=moved.n,
        sentence=_sentence(estimate, moved.n),
        details={
            "target": TARGET,
            "relabelled": _relabelled(moved, rng),
            "toward": float(np.mean(scores > 0)),
            "away": float(np.mean(scores < 0)),
            "span": SPAN,
            "moments": [] if is_muted(agents) else _shown(agents, told, scores),
        },
        provenance=provenance(command, wish.seed, agents.sha256) | {"grounding": agents.facts.get("grounding")},
    )


class _Told(NamedTuple):
    """The trials that count, and what listeners are told in both arms."""

    trials: Trials  # n of them
    first: Drawn
    other: Drawn
    trace: Trace  # of the first arm


def _shown(agents: Playable, told: _Told, scores: Float64) -> list[dict[str, Any]]:
    """Return the trial of the median score (n,), the first that came closer, and the first that did not."""
    trials = told.trials

    def show(n: int) -> Moment | None:
        heard, instead = (" ".join(map(str, arm.message[n].tolist())) for arm in (told.first, told.other))
        way = "closer to" if scores[n] >= 0 else "farther from"
        note = (
            f"{agent_called(agents.scenario, trials.listener[n])} hears {heard}, said elsewhere of "
            f"{cell_called(told.first.place[n])}; it is {abs(scores[n]):.1f} cells {way} what it hears of than when it "
            f"hears {instead}, mean of both ways round"
        )
        return moment_in(told.trace, trials.episode[n], trials.step[n], (trials.listener[n],), note)

    return picked(pick(scores > 0, "come closer", scores), show)


def _trials(
    agents: Playable, natural: Trace, wish: Wish, rng: np.random.Generator
) -> tuple[Trials, tuple[Drawn, Drawn]]:
    """Return when and whom to tell, and what in either arm. Raises DataError where there is too little to tell."""
    roles, plan = roles_of(agents.scenario), layout(agents.scenario)
    middle = (np.array([plan["height"], plan["width"]]) - 1) / 2
    trials = _moments(natural, roles.listeners, rng)
    if wish.told is not None:
        trials = in_time(trials, wish.told[trials.episode])
    sources = _kin_sources(natural, roles) if wish.sources is None else wish.sources
    first = _draw(natural, trials, roles, sources, rng)
    other = _draw(natural, trials, roles, sources, rng, unlike=sector_of(first.place - middle), middle=middle)
    usable = first.found & other.found
    if usable.sum() < LEAST:
        raise DataError(
            f"Content needs {LEAST} moments at which a listener carries nothing and something was said elsewhere, and "
            f"there are {usable.sum()} in {wish.n_episodes} episodes: take more episodes."
        )
    return in_time(trials, usable), (first.where(usable), other.where(usable))


def _moments(natural: Trace, listeners: tuple[int, ...], rng: np.random.Generator) -> Trials:
    """Return one trial for each episode: when a listener has just delivered what it carried.

    In episodes without such a step it is one drawn among those at which the listener carries nothing; where there are
    none of these, any.
    """
    fresh = choose_trials(natural, listeners, rng)
    n_steps, n_episodes = natural.live.shape
    episode = np.setdiff1d(np.arange(n_episodes), fresh.episode)
    listener = rng.choice(np.array(listeners), len(episode))
    carries = natural.energy[:, episode, listener] >= natural.altar_cost[:, episode]
    empty = ~carries & (natural.carried[:, episode, listener] == 0)
    early = (np.arange(n_steps) >= 1) & (np.arange(n_steps) < max(2, n_steps // 2))
    allowed = natural.live[:, episode] & early[:, None]
    wanted = np.where((allowed & empty).any(axis=0), allowed & empty, allowed)
    step = np.where(wanted, rng.random(wanted.shape), -1.0).argmax(axis=0)
    added = in_time(Trials(episode, listener, step), wanted.any(axis=0))
    return Trials(*(np.concatenate(pair) for pair in zip(fresh, added, strict=True)))


def _kin_sources(natural: Trace, roles: Roles) -> NDArray[np.bool_]:
    """Return the episodes in which speakers have kin among the listeners, (W,); all, where none has."""
    pairs = [(s, i) for s in roles.speakers for i in roles.listeners if s != i]
    kin = np.any([natural.kinship[:, s, i] > 0 for s, i in pairs], axis=0)
    return kin if kin.any() else np.ones_like(kin)


def _draw(
    natural: Trace,
    trials: Trials,
    roles: Roles,
    sources: NDArray[np.bool_],
    rng: np.random.Generator,
    unlike: Int64 | None = None,
    middle: Float64 | None = None,
) -> Drawn:
    """Return something to say in each trial: said at the same step of another episode, of a place without a crystal.

    Where `unlike` (n,) is given, the place lies in another sector than these, seen from `middle`.
    """
    n, length = len(trials), natural.said.shape[-1]
    message, place, found = np.zeros((n, length), np.uint8), np.zeros((n, 2), np.int64), np.zeros(n, np.bool_)
    pool = np.flatnonzero(sources)
    own = natural.crystal[trials.step, trials.episode]
    for _ in range(TRIES):
        source, speaker = rng.choice(pool, n), rng.choice(np.array(roles.speakers), n)
        said = natural.said[trials.step, source, speaker]
        where, is_there = _nearest(natural, trials.step, source, speaker)
        usable = is_there & said.any(axis=1) & (source != trials.episode) & natural.live[trials.step, source]
        usable &= ~(own == where[:, None]).all(axis=2).any(axis=1)
        if unlike is not None and middle is not None:
            usable &= sector_of(where - middle) != unlike
        new = usable & ~found
        message[new], place[new] = said[new], where[new]
        found |= usable
    return Drawn(message, place, found)


def _nearest(natural: Trace, step: Int64, episode: Int64, agent: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """Return the crystal nearest to agents (n,) by rows and columns, (n, 2), and whether there is one, (n,)."""
    crystals = natural.crystal[step, episode].astype(np.int64)
    here = natural.position[step, episode, agent].astype(np.int64)
    there: NDArray[np.bool_] = np.all(crystals >= 0, axis=2)
    steps = np.where(there, np.abs(crystals - here[:, None]).sum(axis=2), np.iinfo(np.int64).max)
    return crystals[np.arange(len(step)), steps.argmin(axis=1)], np.any(there, axis=1)


def _plan(agents: Playable, trials: Trials, message: NDArray[np.uint8], wish: Wish) -> Plan:
    """Return the plan of an arm: each trial's listener hears its message and nothing else."""
    kinship = np.broadcast_to(np.asarray(wish.kinship, dtype=np.float64), (wish.n_episodes,))
    worlds: list[list[Intervention]] = [[] for _ in range(wish.n_episodes)]
    last = agents.scenario.steps - 1
    rows = zip(trials.episode.tolist(), trials.listener.tolist(), trials.step.tolist(), message.tolist(), strict=True)
    for episode, listener, step, symbols in rows:
        worlds[episode].append(
            Intervention(
                "message.in",
                "set",
                agents=(listener,),
                first=step,
                last=min(step + SPAN - 1, last),
                symbol=tuple(symbols),
                kinship=float(kinship[episode]),
            )
        )
    scenario = agents.scenario
    plan = make_plan(worlds, scenario.steps, scenario.n_agents, scenario.channel.length)
    return together(plan, home_plan(agents))


def _path(trace: Trace, trials: Trials) -> Float64:
    """Return where each trial's listener is in the steps after it is told, (n, SPAN, 2); NaN after the episode."""
    out = np.full((len(trials), SPAN, 2), np.nan)
    for s in range(SPAN):
        step = trials.step + s + 1
        alive = np.flatnonzero(step < trace.live.shape[0])
        alive = alive[trace.live[step[alive], trials.episode[alive]]]
        out[alive, s] = trace.position[step[alive], trials.episode[alive], trials.listener[alive]]
    return out


def _seen_in_both(paths: list[Float64]) -> NDArray[np.bool_]:
    """Return in which trials (n,) both twins are there to be compared at some step: an episode may end at once."""
    there = np.isfinite(paths[0] + paths[1])
    seen: NDArray[np.bool_] = np.any(np.all(there, axis=2), axis=1)
    if seen.sum() < LEAST:
        raise DataError(f"Content needs {LEAST} trials that go on after a message, and there are {seen.sum()}.")
    return seen


def _moved(arms: tuple[Drawn, Drawn], paths: list[Float64]) -> Moved:
    """Return how the arms differ."""
    messages, message = np.unique(np.concatenate([arm.message for arm in arms]), axis=0, return_inverse=True)
    cells, place = np.unique(np.concatenate([arm.place for arm in arms]), axis=0, return_inverse=True)
    far = [np.abs(path[:, :, None] - cells).sum(axis=3) for path in paths]
    closer = np.nanmean(far[1] - far[0], axis=1)
    gain = np.concatenate([closer, -closer])
    return Moved(message.reshape(-1), place.reshape(-1), cells, gain, len(messages))


def _exchanged(moved: Moved, rng: np.random.Generator) -> Int64:
    """Return the cells (2 n,) with those of a trial's two arms exchanged for those of another trial."""
    order = rng.permutation(moved.n)
    exchanged: Int64 = np.concatenate([moved.place[: moved.n][order], moved.place[moved.n :][order]])
    return exchanged


def _relabelled(moved: Moved, rng: np.random.Generator) -> dict[str, Any]:
    """Return the score against those with the referents of messages exchanged between them, and its p-value.

    A message is scored by the cells that it was said of in all trials, each as often as it was.
    """
    m, n_cells = moved.n_messages, len(moved.cells)
    said_of = np.zeros((m, n_cells))
    np.add.at(said_of, (moved.message, moved.place), 1)
    often = said_of.sum(axis=1)
    sums = np.zeros((m, n_cells))
    np.add.at(sums, moved.message, moved.gain)
    table = sums @ (said_of / often[:, None]).T / len(moved.message)  # (heard as, scored as)
    every = np.arange(m)
    exact = m <= EXACT
    orders = list(permutations(range(m))) if exact else [rng.permutation(m) for _ in range(MANY)]
    draws = np.array([table[every, np.array(order)].sum() for order in orders])
    score = float(np.trace(table))
    beyond = int(np.count_nonzero(draws >= score - 1e-12))
    return {
        "score": score,
        "p_value": beyond / factorial(m) if exact else (1 + beyond) / (1 + MANY),
        "least": 1 / factorial(m) if exact else 1 / (1 + MANY),  # what the p-value can be at best
        "n_messages": m,
        "exact": exact,
        "mean": float(draws.mean()),
        "high": float(np.quantile(draws, 0.975)),
    }


def _sentence(estimate: float, n: int) -> str:
    """Return the finding in words."""
    way = f"{estimate:.2f} cells closer to" if estimate >= 0 else f"{-estimate:.2f} cells farther from"
    return (
        f"Told what was said in other episodes, listeners are {way} what it was said of than their twins that are told "
        f"something else, mean over {SPAN} steps and {n} trials."
    )
