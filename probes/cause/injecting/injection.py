"""Injection: put a symbol into a listener's ear and see what it does, beside a twin that hears something else.

All arms share the episode, the moment and every random draw; the real speakers are muted for the listener in the arms
that hear a phantom. What differs is the symbol alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention
from commlab.agents.plan import Plan, make_plan
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean
from commlab.probes.cause.codebook import Codebook, Entry
from commlab.probes.cause.shown import agent_called, cell_called, moment_in
from commlab.probes.cause.trials import Trials, check_length, choose_trials, distances, hear_phantom, in_time
from commlab.probes.cause.twins import Trace, play

__all__ = ["SILENCE", "Injection", "fit"]

SILENCE = 0
OTHER_EPISODE = "other-episode"


class Injection(NamedTuple):
    """What is injected, into whom, and against what."""

    symbol: int
    versus: str = "silence"  # silence, other-episode or a symbol's number
    speaker: int | None = None  # None: a phantom
    listener: int | None = None  # None: drawn among the listeners
    at: int | None = None  # None: drawn among the steps at which the listener carries nothing
    duration: int = 12  # steps
    kinship: float = 1.0  # of the phantom
    n_episodes: int = 512
    seed: int = 0


def fit(
    checkpoint: Checkpoint,
    wish: Injection,
    codebook: Codebook,
    listeners: tuple[int, ...],
    n_null: int = 199,
    command: str = "inject",
) -> Result:
    """Return how much closer to the symbol's place listeners are after the injection than their twins, in cells.

    The estimate is the difference of distances (rows and columns) in the step after the injection's last, paired over
    episodes. Raises InterventionError for symbols, agents or steps that do not exist, and DataError where there are too
    few moments to inject at.
    """
    scenario = checkpoint.scenario
    check(wish, scenario, codebook)
    rng = np.random.default_rng(wish.seed)
    natural = play(checkpoint, wish.n_episodes, wish.seed)
    trials = _moments(wish, scenario, natural, listeners, rng)
    against, name = _against(wish, natural, trials, rng)
    injected = np.full(len(trials), wish.symbol)
    arms = {
        "injected": play(checkpoint, wish.n_episodes, wish.seed, _plan(wish, scenario, trials, injected)),
        name: play(checkpoint, wish.n_episodes, wish.seed, _plan(wish, scenario, trials, against)),
        "untouched": natural,
    }
    entry = codebook.entries.get(wish.symbol)
    places = _places(entry.place if entry and entry.has_place else None, arms[name], trials)
    n_steps = min(scenario.steps, 2 * wish.duration)
    curves = {arm: distances(trace, trials, places, n_steps) for arm, trace in arms.items()}
    kl = _kl_bits(arms["injected"], arms[name], trials)
    gained = curves[name][:, wish.duration] - curves["injected"][:, wish.duration]
    closer = gained[np.isfinite(gained)]
    estimate = float(closer.mean()) if len(closer) else None
    null, p_value = _null(closer, n_null, rng)
    return Result(
        analysis="injection",
        name=f"injection-{wish.symbol}-versus-{wish.versus}",
        estimate=estimate,
        unit="cells closer",
        interval=bca_mean(closer, rng) if len(closer) else None,
        null=null,
        p_value=p_value,
        n_episodes=len(trials),
        sentence=_sentence(wish, name, entry, estimate, kl),
        details={
            **_facts(wish, entry),
            "versus": name,
            "steps": list(range(n_steps)),
            "arms": {arm: _band(curve, rng) for arm, curve in curves.items()},
            "kl_bits": {"mean": float(kl.mean()), "interval": bca_mean(kl, rng)},
            "moments": _shown(wish, scenario, trials, arms["injected"], entry, gained, name),
        },
        provenance=provenance(command, wish.seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


def _shown(
    wish: Injection,
    scenario: Scenario,
    trials: Trials,
    told: Trace,
    entry: Entry | None,
    gained: NDArray[np.float64],
    versus: str,
) -> list[dict[str, Any]]:
    """Return the trial of the median effect (`gained`, (n,) cells), one that came closer, and one that did not."""
    placed = entry is not None and entry.has_place

    def show(n: int) -> Moment | None:
        listener, step = int(trials.listener[n]), int(trials.step[n])
        place = cell_called(entry.place) if entry is not None and placed else "where it stood"
        far = f"{abs(gained[n]):.0f} cells {'closer to' if gained[n] > 0 else 'farther from'} {place}"
        way = f"{far} after {wish.duration} steps than" if gained[n] else f"as far from {place} as"
        note = f"{agent_called(scenario, listener)} hears {wish.symbol} and is {way} with {versus}"
        others = () if wish.speaker is None else (wish.speaker,)
        return moment_in(told, trials.episode[n], step, (listener, *others), note)

    good, what = (gained > 0, "come closer") if placed else (gained != 0, "gone another way")
    return picked(pick(good, what, gained), show)


def _facts(wish: Injection, entry: Entry | None) -> dict[str, Any]:
    """Return what was injected, and what it stands for."""
    placed = entry is not None and entry.has_place
    return {
        "symbol": wish.symbol,
        "measure": "distance to the named place (cells)" if placed else "distance from the twin's path (cells)",
        "duration": wish.duration,
        "used": entry is not None,
        "place": list(entry.place) if entry is not None and placed else None,
        "share": entry.share if entry is not None else None,
        "speaker": "phantom" if wish.speaker is None else wish.speaker,
        "kinship": wish.kinship if wish.speaker is None else None,
    }


def _moments(
    wish: Injection, scenario: Scenario, natural: Trace, listeners: tuple[int, ...], rng: np.random.Generator
) -> Trials:
    """Return when and whom to tell. Raises DataError where there are too few such moments."""
    chosen = listeners if wish.listener is None else (wish.listener,)
    trials = choose_trials(natural, chosen, rng, wish.at)
    if wish.speaker is not None:
        delay = scenario.channel.delay
        trials = in_time(trials, (trials.listener != wish.speaker) & (trials.step >= delay))
    if len(trials) < 8:
        raise DataError(
            f"Only {len(trials)} of {wish.n_episodes} episodes have a moment to inject at; take more episodes or "
            f"another --at."
        )
    return trials


def check(wish: Injection, scenario: Scenario, codebook: Codebook) -> None:
    """Raise InterventionError for what this scenario does not have, DataError where its messages are too long."""
    check_length(scenario)
    last = scenario.channel.vocabulary - 1
    for value, name in ((wish.symbol, "--message"), (_number(wish.versus), "--versus")):
        if value is not None and not 0 <= value <= last:
            raise InterventionError(f"{name} {value} is outside the vocabulary: symbols are 0 (silence) to {last}.")
    for agent, name in ((wish.listener, "--listener"), (wish.speaker, "--speaker")):
        if agent is not None and not 0 <= agent < scenario.n_agents:
            raise InterventionError(f"{name} {agent} does not exist: agents are 0 to {scenario.n_agents - 1}.")
    if wish.listener is not None and wish.listener == wish.speaker:
        raise InterventionError(f"Agent {wish.speaker} cannot be both speaker and listener; name two agents.")
    if wish.at is not None and not 0 <= wish.at < scenario.steps - 1:
        raise InterventionError(f"--at {wish.at} is not within the episode: steps are 0 to {scenario.steps - 2}.")
    delay = scenario.channel.delay
    if wish.at is not None and wish.at < delay and wish.speaker is not None:
        later = "a step" if delay == 1 else f"{delay} steps"
        raise InterventionError(
            f"What agent {wish.speaker} says is heard {later} later; with --speaker, --at is {delay} or more."
        )
    if not 1 <= wish.duration < scenario.steps:
        raise InterventionError(
            f"--for {wish.duration} is not 1 to {scenario.steps - 1} steps; episodes are no longer."
        )
    if not -1 <= wish.kinship <= 1:
        raise InterventionError(f"--kinship {wish.kinship} is outside -1 to 1.")
    if wish.n_episodes < 8:
        raise InterventionError(f"--episodes {wish.n_episodes} are too few to compare; take 8 or more.")
    if wish.versus not in ("silence", OTHER_EPISODE) and _number(wish.versus) is None:
        raise InterventionError(f"--versus is silence, {OTHER_EPISODE} or the number of a symbol, not {wish.versus!r}.")


def _number(text: str) -> int | None:
    """Return the symbol that a text names, None if it names none."""
    return int(text) if text.lstrip("-").isdigit() else None


def _against(
    wish: Injection, natural: Trace, trials: Trials, rng: np.random.Generator
) -> tuple[NDArray[np.int64], str]:
    """Return the symbols (n,) of the arm to compare with, and its name."""
    if wish.versus == "silence":
        return np.full(len(trials), SILENCE), "silence"
    if wish.versus == OTHER_EPISODE:
        order = rng.permutation(len(trials))
        other = np.empty_like(order)
        other[order] = np.roll(order, 1)
        return natural.heard[trials.step, trials.episode[other], trials.listener, 0].astype(np.int64), "other episode"
    symbol = int(wish.versus)
    return np.full(len(trials), symbol), f"symbol {symbol}" if symbol else "silence"


def _plan(wish: Injection, scenario: Scenario, trials: Trials, symbol: NDArray[np.int64]) -> Plan:
    """Return the plan of one arm."""
    if wish.speaker is None:
        worlds = hear_phantom(trials, wish.n_episodes, symbol, wish.duration, wish.kinship)
    else:
        worlds = [[] for _ in range(wish.n_episodes)]
        said_at = trials.step - scenario.channel.delay  # so that it is heard from the trial's step on
        for episode, step, said in zip(trials.episode.tolist(), said_at.tolist(), symbol.tolist(), strict=True):
            span = {"agents": (wish.speaker,), "first": step, "last": step + wish.duration - 1}
            worlds[episode].append(
                Intervention("message.out", "set", symbol=said, **span)
                if said
                else Intervention("message.out", "mute", **span)
            )
    return make_plan(worlds, scenario.steps, scenario.n_agents)


def _places(place: tuple[int, int] | None, twin: Trace, trials: Trials) -> NDArray[np.int64]:
    """Return where distances are taken from, (n, 2): the symbol's place, or without one where the twin stands then."""
    if place is not None:
        return np.tile(np.array(place), (len(trials), 1))
    return twin.position[trials.step, trials.episode, trials.listener].astype(np.int64)


def _null(closer: NDArray[np.float64], n_null: int, rng: np.random.Generator) -> tuple[Null | None, float | None]:
    """Return the null of the mean of `closer` (n,) and its p-value: two-sided, or nothing where no episode is left."""
    if not len(closer):
        return None, None
    draws = np.abs((closer * rng.choice([-1.0, 1.0], (n_null, len(closer)))).mean(axis=1))
    null = Null("signs of episodes flipped", float(draws.mean()), 0.0, float(np.quantile(draws, 0.95)), n_null)
    return null, float((1 + (draws >= abs(closer.mean())).sum()) / (1 + n_null))


def _kl_bits(told: Trace, twin: Trace, trials: Trials) -> NDArray[np.float64]:
    """Return KL(told || twin) of the listeners' action distributions at the first step that differs, (n,), in bits."""
    index = (trials.step, trials.episode, trials.listener)
    p, q = (_log_softmax(trace.logits[index].astype(np.float64)) for trace in (told, twin))
    divergence: NDArray[np.float64] = (np.exp(p) * (p - q)).sum(axis=1) / np.log(2)
    return divergence


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-probabilities along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out


def _band(curve: NDArray[np.float64], rng: np.random.Generator) -> dict[str, list[float | None]]:
    """Return mean and interval over episodes at each step of a curve (n, steps)."""
    band: dict[str, list[float | None]] = {"mean": [], "low": [], "high": []}
    for column in curve.T:
        values = column[np.isfinite(column)]
        interval = bca_mean(values, rng, 500) if len(values) > 1 else None
        band["mean"].append(float(values.mean()) if len(values) else None)
        band["low"].append(interval[0] if interval else None)
        band["high"].append(interval[1] if interval else None)
    return band


def _sentence(wish: Injection, name: str, entry: Any, estimate: float | None, kl: NDArray[np.float64]) -> str:
    """Return the finding in words."""
    if wish.symbol == SILENCE:
        said = "Symbol 0 is silence"
    elif entry is None:
        said = f"These agents never use symbol {wish.symbol}"
    elif not entry.has_place:
        said = f"Symbol {wish.symbol} is said when there is no crystal, in {100 * entry.share:.0f} % of its uses"
    else:
        said = (
            f"Symbol {wish.symbol} is said of row {entry.place[0]}, column {entry.place[1]} in "
            f"{100 * entry.share:.0f} % of its uses"
        )
    effect = f"Injected, it changes the next action by {kl.mean():.2f} bits against {name}"
    if entry is None or not entry.has_place or estimate is None:
        return f"{said}. {effect}."
    way = "closer to" if estimate >= 0 else "farther from"
    return (
        f"{said}. {effect}, and after {wish.duration} steps listeners are {abs(estimate):.1f} cells {way} that place."
    )
