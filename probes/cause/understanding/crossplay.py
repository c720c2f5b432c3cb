"""Cross-play: the speakers of one run, family or checkpoint with the listeners of another, every pair in one matrix.

All pairs play the same episodes with the same draws. Beside returns stands understanding: listeners that hear no real
speaker are told a source's own words for places without a crystal, as `understanding` tells them; success is that the
place named is the first one tried within their natural time, and a place without a word counts 0. If a language is a
convention of those who grew up with it, own speakers are worth more than others'.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.mixed import meet
from commlab.agents.plan import MUTED
from commlab.datasets.reader import open_recording
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_interval, bca_mean, sign_flip_draws
from commlab.probes.cause.codebook import Word, fit_words
from commlab.probes.cause.roles import Roles, roles_of
from commlab.probes.cause.trials import Trials, choose_trials, first_place, in_time, phantom_plan
from commlab.probes.cause.twins import play
from commlab.probes.cause.understanding.score import Places, find_places, natural_time
from commlab.probes.decode.wording import file_stem
from commlab.recording import Playable, Request, record

__all__ = ["Source", "fit", "parts_of"]

SPAN = 20  # steps that the phantom goes on speaking
LEARNT = 160  # episodes in which a source's words are learnt
FEWEST = 8  # trials
Watch = Callable[[int, int], None]  # plays done, plays in all


class Source(NamedTuple):
    """Agents that speak with others' listeners and listen to others' speakers."""

    name: str
    agents: Playable


class Told(NamedTuple):
    """How the listeners of one source take the words of all, in the same trials."""

    episode: NDArray[np.int64]  # (n,)
    asked: NDArray[np.int64]  # (n,) the place
    hits: NDArray[np.float64]  # (n_sources, n) by whose words they were told
    muted: NDArray[np.float64]  # (n,) when nothing is heard


def fit(
    sources: Sequence[Source],
    n_episodes: int = 256,
    seed: int = 0,
    n_null: int = 199,
    command: str = "crossplay",
    watch: Watch | None = None,
) -> Result:
    """Return how much more agents earn with their own speakers than with others': diagonal less the rest.

    Paired over episodes; the null flips signs. details["returns"] and details["understanding"] are matrices of rows
    (speakers) and columns (listeners). Raises DataError for fewer than two sources and too few episodes, and
    CheckpointError for sources of different worlds.
    """
    if len(sources) < 2:
        raise DataError(
            "Cross-play needs two sources or more: name runs, or take several checkpoints (--checkpoints) or families "
            "(--families) of one."
        )
    if n_episodes < FEWEST:
        raise DataError(f"crossplay: {n_episodes} episodes are too few for an interval; take {FEWEST} or more.")
    scenario, rng = sources[0].agents.scenario, np.random.default_rng([seed, 4])
    roles = parts_of(scenario)
    returns, muted = _returns(sources, roles, n_episodes, seed, watch)
    gaps = _own_less_others(returns)
    overall = gaps.mean(axis=0)
    draws = np.abs(sign_flip_draws(overall[:, None], rng, n_null)[:, 0])
    estimate, interval = float(overall.mean()), bca_mean(overall, rng)
    understanding = _understanding(sources, roles, n_episodes, seed, rng)
    own = [_contrast(gap, rng, n_null) for gap in gaps]
    names = [source.name for source in sources]
    return Result(
        analysis="crossplay",
        name=file_stem("crossplay", *names)[:80],
        estimate=estimate,
        unit="return of an agent an episode",
        interval=interval,
        null=Null("signs of episodes flipped", float(draws.mean()), 0.0, float(np.quantile(draws, 0.95)), n_null),
        p_value=float((1 + (draws >= abs(estimate)).sum()) / (1 + n_null)),
        n_episodes=n_episodes,
        sentence=_sentence(returns, estimate, interval, own, understanding),
        details={
            "names": names,
            "returns": [[_mean(returns[i, j], rng) for j in range(len(names))] for i in range(len(names))],
            "muted": [_mean(values, rng) for values in muted],
            "own_less_others": dict(zip(names, own, strict=True)),
            "own_is_best": _count(own),
            "understanding": understanding,
            "speakers": list(roles.speakers),
            "listeners": list(roles.listeners),
            "scenario": scenario.name,
            "sources": {source.name: source.agents.sha256 for source in sources},
        },
        provenance=provenance(command, seed, sources[0].agents.sha256)
        | {"grounding": sources[0].agents.facts.get("grounding")},
    )


def parts_of(scenario: Scenario) -> Roles:
    """Return who comes from the rows' source and who from the columns': speakers and listeners.

    Where the same agents speak and listen, it is the first family and all others. Raises DataError where there is but
    one family.
    """
    roles = roles_of(scenario)
    if not set(roles.speakers) & set(roles.listeners):
        return roles
    first = scenario.families[0]
    mine = tuple(agent for agent, family in enumerate(scenario.families) if family == first)
    others = tuple(agent for agent in range(scenario.n_agents) if agent not in mine)
    if not others:
        raise DataError(
            f"In {scenario.name!r} all agents speak and listen and are of one family, so they cannot be parted into "
            f"speakers and listeners; take a scenario with scouts, or with families."
        )
    return Roles(mine, others)


def _returns(
    sources: Sequence[Source], roles: Roles, n_episodes: int, seed: int, watch: Watch | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the returns of all pairs (n, n, E), and of each source's own with the channel muted (n, E).

    All play in the world of the first source: others may have been trained where kinship or prices differ.
    """
    n, world = len(sources), sources[0].agents.scenario
    whose = [int(agent in roles.listeners) for agent in range(world.n_agents)]
    returns, muted = np.empty((n, n, n_episodes)), np.empty((n, n_episodes))
    for i, speaking in enumerate(sources):
        for j, listening in enumerate(sources):
            pair = meet([speaking.agents, listening.agents], whose)._replace(scenario=world)
            returns[i, j] = play(pair, n_episodes, seed).returns
            if i == j:
                muted[i] = play(pair, n_episodes, seed, MUTED).returns
            if watch is not None:
                watch(i * n + j + 1, n * n)
    return returns, muted


def _own_less_others(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for the listeners of each source, what their own speakers give less the mean of others', (n, E)."""
    n = len(values)
    own = np.stack([values[j, j] for j in range(n)])
    others = (values.sum(axis=0) - own) / (n - 1)
    gap: NDArray[np.float64] = own - others
    return gap


def _contrast(gap: NDArray[np.float64], rng: np.random.Generator, n_null: int) -> dict[str, Any]:
    """Return the mean of a paired difference (E,) with its interval and p-value."""
    draws = np.abs(sign_flip_draws(gap[:, None], rng, n_null)[:, 0])
    return _mean(gap, rng) | {"p_value": float((1 + (draws >= abs(gap.mean()) - 1e-12).sum()) / (1 + n_null))}


def _mean(values: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any]:
    """Return a mean over episodes with its interval and n."""
    mean = float(values.mean())
    return {"mean": mean, "interval": bca_mean(values, rng) if np.ptp(values) else (mean, mean), "n": len(values)}


def _count(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return of how many sources the listeners are better off with their own speakers, beyond chance."""
    return {"k": sum(1 for row in rows if row["interval"] is not None and row["interval"][0] > 0), "n": len(rows)}


def _understanding(
    sources: Sequence[Source], roles: Roles, n_episodes: int, seed: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the matrix of understanding, or the reason why there is none."""
    scenario = sources[0].agents.scenario
    try:
        if scenario.channel.length > 1:
            raise DataError(f"Messages of {scenario.name!r} have {scenario.channel.length} symbols, not one.")
        places = find_places(scenario)
        words = [_words(source.agents, roles, places, seed) for source in sources]
        told = [_tell(source.agents, words, roles, places, n_episodes, seed) for source in sources]
    except DataError as error:
        return {"reason": str(error)}
    n, n_places = len(sources), len(places.names)
    matrix = [[_over_places(told[j].hits[i], told[j].asked, n_places, rng) for j in range(n)] for i in range(n)]
    gap = np.full((n, n_episodes), np.nan)
    for j, one in enumerate(told):
        others = (one.hits.sum(axis=0) - one.hits[j]) / (n - 1)
        gap[j, one.episode] = one.hits[j] - others
    known = np.isfinite(gap).any(axis=0)
    overall = np.nansum(gap[:, known], axis=0) / np.isfinite(gap[:, known]).sum(axis=0)
    own = [_mean(row[np.isfinite(row)], rng) for row in gap]
    return {
        "matrix": matrix,
        "muted": [_over_places(one.muted, one.asked, n_places, rng) for one in told],
        "own_less_others": _mean(overall, rng),
        "own_is_best": _count(own),
        "n_words": [sum(word.symbol is not None for word in of) for of in words],
        "shared_words": [[_shared(one, other) for other in words] for one in words],
        "n_places": n_places,
    }


def _words(agents: Playable, roles: Roles, places: Places, seed: int) -> list[Word]:
    """Return the words that a source's speakers have for places, learnt in other episodes than those of the trials."""
    cells = [(int(row), int(column)) for row, column in places.cells.tolist()]
    with tempfile.TemporaryDirectory() as folder:
        path = record(agents, Request(Path(folder) / "words.h5", LEARNT, seed, layers=()))
        with open_recording(path) as recording:
            return fit_words(recording, roles.speakers, cells, seed)


def _tell(
    agents: Playable, words: Sequence[list[Word]], roles: Roles, places: Places, n_episodes: int, seed: int
) -> Told:
    """Tell a source's listeners the words of every source for the same places at the same moments."""
    rng = np.random.default_rng([seed, 5])
    natural = play(agents, n_episodes, seed)
    trials = choose_trials(natural, roles.listeners, rng)
    there = (natural.crystal[trials.step, trials.episode][:, :, None] == places.cells[None, None]).all(axis=3)
    free = ~there.any(axis=1)
    usable = free.any(axis=1)
    trials, free = in_time(trials, usable), free[usable]
    if len(trials) < FEWEST:
        raise DataError(f"Only {len(trials)} of {n_episodes} episodes have a moment to ask at; take more episodes.")
    asked = np.where(free, rng.random(free.shape), -1.0).argmax(axis=1)
    limit = natural_time(natural, places, roles.listeners)
    symbols = [np.array([word.symbol or 0 for word in of], dtype=np.int64) for of in words]

    def reached(said: NDArray[np.int64]) -> NDArray[np.float64]:
        return _reached(agents, trials, np.repeat(said[:, None], SPAN, axis=1), places, asked, limit, seed, n_episodes)

    hits = np.stack([reached(symbol[asked]) * (symbol[asked] > 0) for symbol in symbols])
    return Told(trials.episode, asked, hits, reached(np.zeros(len(asked), np.int64)))


def _reached(
    agents: Playable,
    trials: Trials,
    said: NDArray[np.int64],
    places: Places,
    asked: NDArray[np.int64],
    limit: int,
    seed: int,
    n_episodes: int,
) -> NDArray[np.float64]:
    """Return whether listeners that hear `said` (n, steps) alone try the place asked for (n,) first, (n,)."""
    shape = (agents.scenario.steps, n_episodes, agents.scenario.n_agents)
    trace = play(agents, n_episodes, seed, phantom_plan(trials, shape, said, 1.0))
    hit: NDArray[np.float64] = np.where(first_place(trace, trials, places.cells, limit) == asked, 1.0, 0.0)
    return hit


def _over_places(
    hits: NDArray[np.float64], asked: NDArray[np.int64], n_places: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the mean over places of the share of hits (n,), with its interval over episodes."""
    here = np.eye(n_places)[asked][:, np.unique(asked)]
    sums, half = np.hstack([here * hits[:, None], here]), here.shape[1]

    def mean(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):  # a resample may ask for some place never: it has no value then
            rates: NDArray[np.float64] = (totals[:, :half] / totals[:, half:]).mean(axis=1)
        return rates

    rate = float(mean(sums.sum(axis=0)[None])[0])
    return {"mean": rate, "interval": bca_interval(sums, mean, rng) if np.ptp(hits) else (rate, rate), "n": len(hits)}


def _shared(one: list[Word], other: list[Word]) -> int:
    """Return how many places have the same word in two codes."""
    return sum(a.symbol is not None and a.symbol == b.symbol for a, b in zip(one, other, strict=True))


def _sentence(
    returns: NDArray[np.float64],
    estimate: float,
    interval: tuple[float, float] | None,
    own: Sequence[dict[str, Any]],
    understanding: dict[str, Any],
) -> str:
    """Return the finding in words."""
    n = len(returns)
    diagonal = float(np.mean([returns[j, j].mean() for j in range(n)]))
    between = f" (95 % interval {interval[0]:z.2f} to {interval[1]:z.2f})" if interval else ""
    better = _count(own)
    text = (
        f"With their own speakers agents earn {diagonal:.2f} an episode, {estimate:+z.2f}{between} against the "
        f"speakers of others; their own are worth more to the listeners of {better['k']} of {better['n']}"
    )
    if "matrix" not in understanding:
        return f"{text}. Understanding could not be measured: {understanding['reason']}"
    matrix = np.array([[cell["mean"] for cell in row] for row in understanding["matrix"]])
    others = (matrix.sum() - np.trace(matrix)) / (n * (n - 1))
    return (
        f"{text}. Told where to go in their own code, listeners go there first in {100 * np.trace(matrix) / n:.0f} % "
        f"of the trials, in others' codes in {100 * others:.0f} %."
    )
