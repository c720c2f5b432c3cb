"""Obedience: whether listeners go where they are told by who is shown to be kin, and by who is shown to be a stranger.

In each trial a listener that carries nothing hears, from a phantom of declared kinship and for a while, a word for a
place where no crystal is; all else is muted for it. The word is the same in all arms, taken from the code of the
speaker that is its closest kin. Success: it tries a site of the named place within as many steps as the map is wide.
(That it tries one first of all asks too much of maps on which one passes over other sites on the way.) To heed is to go
there more often than, in the same arm, to the other places that might as well have been named, less the same when the
twin hears nothing: who only stirs when spoken to heeds nobody. Beside it stand words from the code of the speaker that
is least its kin, where that is another speaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Change, Plan
from commlab.env.scenario import Scenario
from commlab.env.types import KINSHIP_STEPS
from commlab.foundation.statistics import bca_mean
from commlab.probes.cause.contrast import Contrast, Counted, contrasts, share_of
from commlab.probes.cause.kin_code import Heading, symbols_of
from commlab.probes.cause.kin_setting import KIN, STRANGER, Setting
from commlab.probes.cause.trials import Trials, Window, choose_in_window, going_on, in_time
from commlab.recording import layout

__all__ = ["Obeying", "listener_side"]

FEWEST = 16  # trials
EARLIEST = 4  # step of a trial
OWN, FOREIGN = "own", "foreign"


class Obeying(NamedTuple):
    """What listeners were found to do."""

    told: dict[str, Any]  # JSON-able
    tests: dict[str, Contrast]


class Asked(NamedTuple):
    """Trials in which a listener is told a place where there is no crystal."""

    trials: Trials  # n of them
    word: NDArray[np.int64]  # (n,) the message, as a number
    wanted: NDArray[np.bool_]  # (n, P) the places that it names
    instead: NDArray[np.bool_]  # (n, P, P) by other word that might as well have been said, the places that it names


class Heard(NamedTuple):
    """What one arm's listeners did."""

    hits: NDArray[np.float64]  # (n,) 1 where the listener got to the named place
    others: NDArray[np.float64]  # (n,) the share of the other places that it got to
    logits: NDArray[np.float64]  # (n, n_actions) of the first action after hearing


def listener_side(setting: Setting, levels: Sequence[float], n_null: int) -> Obeying:
    """Return whether listeners obey, at each shown kinship, and what they do with strangers, in words of a list."""
    rng = np.random.default_rng([setting.seed, 2])
    window = Window(carrying=False, first=EARLIEST, last=max(EARLIEST, setting.scenario.steps // 2))
    trials = choose_in_window(setting.natural, setting.roles.listeners, rng, window)
    own = _ask(setting, trials, _speaker_of(setting, trials, closest=True), rng)
    if len(own.trials) < FEWEST:
        why = "There are too few moments at which listeners carry nothing and a word names a place without a crystal."
        return Obeying({"conclusion": "cannot tell", "sentence": why, "levels": [], "n_trials": len(own.trials)}, {})
    shown = sorted({*levels, KIN, STRANGER})
    arms = {kinship: _hear(setting, own, kinship) for kinship in shown}
    silence = _hear(setting, own, None)
    family: dict[str, Counted] = {
        "kin": _heeded(arms[KIN], silence),
        "strangers": _heeded(arms[STRANGER], silence),
        "kin_less_strangers": _counted(arms[KIN].hits, arms[STRANGER].hits),
    }
    tests = contrasts(family, rng, n_null)
    conclusion, why = _conclude(tests, arms[KIN], arms[STRANGER])
    told = {
        "conclusion": conclusion,
        "sentence": why,
        "n_trials": len(own.trials),
        "levels": [{"shown": kinship, **_told(arm, silence, rng)} for kinship, arm in arms.items()],
        "silence": share_of(silence.hits, np.ones(len(own.trials)), rng),
        "tests": {name: test.told() for name, test in tests.items()},
    }
    foreign, more = _foreign(setting, trials, n_null, rng)
    return Obeying(told | {"foreign": foreign}, tests | more)


def _foreign(
    setting: Setting, trials: Trials, n_null: int, rng: np.random.Generator
) -> tuple[dict[str, Any] | None, dict[str, Contrast]]:
    """What is done on the words of the speaker that is least kin, shown as a stranger and as kin."""
    closest, farthest = (_speaker_of(setting, trials, closest=closest) for closest in (True, False))
    differs = closest != farthest
    asked = _ask(setting, in_time(trials, differs), farthest[differs], rng)
    if len(asked.trials) < FEWEST:
        return None, {}
    arms = {shown: _hear(setting, asked, shown) for shown in (STRANGER, KIN)}
    silence = _hear(setting, asked, None)
    tests = contrasts({"foreign": _heeded(arms[STRANGER], silence), "as_kin": _heeded(arms[KIN], silence)}, rng, n_null)
    told = {
        "n_trials": len(asked.trials),
        "levels": [{"shown": shown, **_told(arm, silence, rng)} for shown, arm in arms.items()],
        "silence": share_of(silence.hits, np.ones(len(asked.trials)), rng),
        "tests": {name: test.told() for name, test in tests.items()},
    }
    return told, tests


def _speaker_of(setting: Setting, trials: Trials, closest: bool) -> NDArray[np.int64]:
    """Which of the speakers is most (or least) kin to each trial's listener over all episodes, (n,)."""
    speakers = list(setting.roles.speakers)
    kinship = setting.natural.kinship[:, :, speakers].mean(axis=0)  # (A, S)
    own = np.arange(len(kinship))[:, None] == np.array(speakers)
    order = np.where(own, -np.inf if closest else np.inf, kinship)
    which: NDArray[np.int64] = order.argmax(axis=1) if closest else order.argmin(axis=1)
    return which[trials.listener]


def _ask(setting: Setting, trials: Trials, speaker: NDArray[np.int64], rng: np.random.Generator) -> Asked:
    """Draw for each trial a place without a crystal that its speaker (n,) has a word for."""
    heading, code = Heading.of(setting.scenario), setting.code
    occupied = heading.occupied(setting.natural.crystal[trials.step, trials.episode])  # (n, P)
    words = [code.words(s) for s in range(len(code.messages))]
    word = np.stack(words)[speaker]  # (n, P)
    wanted = np.stack([code.places(s, words[s]) for s in range(len(words))])[speaker]  # (n, P, P)
    reachable = np.isin(np.arange(word.shape[1]), heading.sector)
    free = (word > 0) & reachable & ~(wanted & occupied[:, None, :]).any(axis=2)
    usable = free.sum(axis=1) > 1
    place = np.where(free, rng.random(free.shape), -1.0).argmax(axis=1)
    rows = np.arange(len(place))
    named = wanted[rows, place]
    other = free & ~(wanted & named[:, None]).any(axis=2)
    usable &= other.any(axis=1)
    instead = wanted & other[:, :, None]
    return Asked(in_time(trials, usable), word[rows, place][usable], named[usable], instead[usable])


def _hear(setting: Setting, asked: Asked, kinship: float | None) -> Heard:
    """Roll the episodes again with the word said by a phantom of a kinship, or with silence for None."""
    scenario, trials, heading = setting.scenario, asked.trials, Heading.of(setting.scenario)
    trace = setting.play(_phantom(scenario, asked, kinship, setting.n_episodes))
    tried = np.zeros(asked.wanted.shape, np.bool_)
    for s in range(_span(scenario)):
        going = going_on(trace, trials, s)
        cell = trace.tried[trials.step[going] + s, trials.episode[going], trials.listener[going]]
        trial, site = np.nonzero((cell[:, None] == heading.sites[None]).all(axis=2))
        tried[going[trial], heading.sector[site]] = True
    logits = trace.logits[trials.step, trials.episode, trials.listener].astype(np.float64)
    hits = np.asarray((tried & asked.wanted).any(axis=1), dtype=np.float64)
    reached = (tried[:, None] & asked.instead).any(axis=2)
    others = np.asarray(reached.sum(axis=1) / asked.instead.any(axis=2).sum(axis=1), dtype=np.float64)
    return Heard(hits, others, logits)


def _span(scenario: Scenario) -> int:
    """For how many steps the phantom speaks and listeners have to get there: about the width of the map."""
    plan = layout(scenario)
    return int(plan["height"] + plan["width"]) // 2


def _phantom(scenario: Scenario, asked: Asked, kinship: float | None, n_episodes: int) -> Plan:
    """The plan in which each trial's listener hears its word alone, from a phantom, or nothing."""
    trials, length = asked.trials, scenario.channel.length
    span = _span(scenario)
    where = np.zeros((scenario.steps, n_episodes, scenario.n_agents), np.bool_)
    symbols = np.zeros((*where.shape, length), np.uint8)
    for episode, listener, step, word in zip(*(part.tolist() for part in (*trials, asked.word)), strict=True):
        where[step : step + span, episode, listener] = True
        symbols[step : step + span, episode, listener] = symbols_of(word, scenario.channel.vocabulary, length)
    if kinship is None:
        return Plan((Change("message.in", "mute", where),))
    sixteenths = np.full((1, 1, 1), round(kinship * KINSHIP_STEPS), np.int8)
    return Plan((Change("message.in", "set", where, symbols, sixteenths),))


def _heeded(arm: Heard, silence: Heard) -> Counted:
    """How much more often listeners got to the named place than to others, in an arm and in silence."""
    return _counted(arm.hits - arm.others, silence.hits - silence.others)


def _counted(first: NDArray[np.float64], second: NDArray[np.float64]) -> Counted:
    """The rates of success of trials (n,) in two arms."""
    once = np.ones(len(first))
    return Counted(first, once, second, once)


def _told(arm: Heard, silence: Heard, rng: np.random.Generator) -> dict[str, Any]:
    """How often an arm's listeners went there, and by how many bits their next action changed from silence."""
    bits = _kl_bits(arm.logits, silence.logits)
    once = np.ones(len(arm.hits))
    return share_of(arm.hits, once, rng) | {
        "other_place": share_of(arm.others, once, rng),
        "bits": float(bits.mean()),
        "bits_interval": bca_mean(bits, rng, 1000) if np.ptp(bits) else (float(bits.mean()),) * 2,
    }


def _kl_bits(told: NDArray[np.float64], silent: NDArray[np.float64]) -> NDArray[np.float64]:
    """KL(told || silent) of action distributions given as logits (n, n_actions), (n,) bits."""
    p, q = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True) for logits in (told, silent))
    divergence: NDArray[np.float64] = (np.exp(p) * (p - q)).sum(axis=1) / np.log(2)
    return divergence


def _conclude(tests: dict[str, Contrast], kin: Heard, strangers: Heard) -> tuple[str, str]:
    """What listeners do with strangers, and the evidence in words."""
    name = _name(*(tests[name] for name in ("kin", "strangers", "kin_less_strangers")))
    fact = (
        f"told a place by kin they go there in {100 * kin.hits.mean():.0f} % of the trials (to one not named in "
        f"{100 * kin.others.mean():.0f} %), told the same by a stranger in {100 * strangers.hits.mean():.0f} % "
        f"({100 * strangers.others.mean():.0f} %)"
    )
    return name, f"{WORDS[name]}: {fact}."


def _name(kin: Contrast, strangers: Contrast, apart: Contrast) -> str:
    """The name of what is done with strangers."""
    if not kin.more:
        if strangers.more and apart.less:
            return "heeds strangers more"
        return "heeds nobody" if kin.same and strangers.same else "cannot tell"
    if apart.same:
        return "heeds everyone"
    if apart.more:
        return "ignores strangers" if strangers.same else "heeds strangers less"
    return "heeds strangers more" if apart.less else "cannot tell"


WORDS = {
    "heeds everyone": "Listeners heed everyone alike",
    "ignores strangers": "Listeners ignore strangers",
    "heeds strangers less": "Listeners heed strangers less than kin",
    "heeds strangers more": "Listeners heed strangers more than kin",
    "heeds nobody": "Listeners heed nobody",
    "cannot tell": "Whether listeners heed strangers otherwise than kin cannot be told",
}
