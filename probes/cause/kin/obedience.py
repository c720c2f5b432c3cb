"""Obedience: whether listeners go where they are told by who is shown to be kin, and by who is shown to be a stranger.

In each trial a listener that carries nothing hears, from a phantom of declared kinship and for a while, a word for a
place where no crystal is; all else is muted for it. The word, any of those for the place, is the same in all arms.
Success: it tries a site of the named place within as many steps as the map is wide. (That it tries one first of all
asks too much of maps on which one passes over other sites on the way.) To heed is to go there more often than, in the
same arm, to the other places that might as well have been named, less the same when the twin hears nothing (who only
stirs when spoken to heeds nobody), and more often than if meanings were exchanged between words.

Families may have codes of their own. So words are taken from the code of the speaker that is most a stranger to the
listener, and beside them, where that is another one, from that of its closest kin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Change, Plan
from commlab.env.scenario import Scenario
from commlab.env.types import KINSHIP_STEPS
from commlab.foundation.moments import Moment
from commlab.foundation.statistics import bca_mean, permutation_p_value
from commlab.probes.cause.kin.code import symbols_of
from commlab.probes.cause.kin.contrast import Contrast, Counted, contrasts, share_of
from commlab.probes.cause.kin.setting import KIN, STRANGER, Setting
from commlab.probes.cause.kin.showing import heeded_words
from commlab.probes.cause.trials import Trials, Window, choose_in_window, going_on, in_time
from commlab.probes.cause.twins import Trace
from commlab.recording import layout

__all__ = ["Obeying", "listener_side"]

FEWEST = 16  # trials
EARLIEST = 4  # step of a trial
N_EXCHANGES = 199
LUCKY = 0.1  # with that share of exchanges as good or better, what looks like obedience is luck
TOO_FEW = "There are too few moments at which listeners carry nothing and a word names a place without a crystal."


class Obeying(NamedTuple):
    """What listeners were found to do."""

    told: dict[str, Any]  # JSON-able
    strangers: Contrast | None  # whether they heed a stranger's words, shown as a stranger's
    shown: list[Moment]


class Asked(NamedTuple):
    """Trials in which a listener is told a place where there is no crystal."""

    trials: Trials  # n of them
    speaker: NDArray[np.int64]  # (n,) whose word it is, as an index of the speakers
    word: NDArray[np.int64]  # (n,) the message, as a number
    wanted: NDArray[np.bool_]  # (n, P) the places that it names
    instead: NDArray[np.bool_]  # (n, P, P) by other word that might as well have been said, the places that it names


class Heard(NamedTuple):
    """What one arm's listeners did."""

    tried: NDArray[np.bool_]  # (n, P) the places that the listener got to
    hits: NDArray[np.float64]  # (n,) 1 where the listener got to the named place
    others: NDArray[np.float64]  # (n,) the share of the other places that it got to
    logits: NDArray[np.float64]  # (n, n_actions) of the first action after hearing
    trace: Trace | None  # of the words of strangers alone


class Side(NamedTuple):
    """What listeners do on the words of one code."""

    conclusion: str
    fact: str
    levels: list[dict[str, Any]]
    silence: dict[str, Any]
    tests: dict[str, Contrast]
    luck: dict[str, float]  # the share of exchanges of meanings between words that are followed as well
    n_trials: int
    shown: list[Moment]

    def told(self) -> dict[str, Any]:
        """The side as JSON has it."""
        told = self._asdict() | {"tests": {name: test.told() for name, test in self.tests.items()}}
        del told["shown"]
        return told


def listener_side(setting: Setting, levels: Sequence[float], n_null: int) -> Obeying:
    """Return whether listeners obey, at each shown kinship, and what they do with strangers, in words of a list."""
    rng = np.random.default_rng([setting.seed, 2])
    window = Window(carrying=False, first=EARLIEST, last=max(EARLIEST, setting.scenario.steps // 2))
    trials = choose_in_window(setting.natural, setting.roles.listeners, rng, window)
    strange, closest = (_speaker_of(setting, trials, closest=closest) for closest in (False, True))
    theirs = _side(setting, _ask(setting, trials, strange, rng), levels, rng, n_null)
    differs = strange != closest
    own = _side(setting, _ask(setting, in_time(trials, differs), closest[differs], rng), (), rng, n_null)
    if theirs is None:
        nothing = {"conclusion": "cannot tell", "by": None, "sentence": TOO_FEW, "words": None, "own": None}
        return Obeying(nothing, None, [])
    conclusion, by, sentence = _conclude(theirs, own)
    told = {
        "conclusion": conclusion,
        "by": by,
        "sentence": sentence,
        "words": theirs.told(),
        "own": own.told() if own else None,
    }
    return Obeying(told, theirs.tests["strangers"], theirs.shown)


def _side(
    setting: Setting, asked: Asked, levels: Sequence[float], rng: np.random.Generator, n_null: int
) -> Side | None:
    """What listeners do on words of some code; None where there are too few trials."""
    if len(asked.trials) < FEWEST:
        return None
    arms = {kinship: _hear(setting, asked, kinship) for kinship in sorted({*levels, KIN, STRANGER})}
    silence = _hear(setting, asked, None)
    kin, strangers = arms[KIN], arms[STRANGER]
    family = {
        "kin": _heeded(kin, silence),
        "strangers": _heeded(strangers, silence),
        "kin_less_strangers": _counted(kin.hits, strangers.hits),
    }
    tests = contrasts(family, rng, n_null)
    luck = {name: _luck(asked, arms[shown], silence, rng) for name, shown in (("kin", KIN), ("strangers", STRANGER))}
    tests |= {name: tests[name]._replace(p_value=max(tests[name].p_value, p)) for name, p in luck.items()}
    fact = (
        f"told a place by kin they go there in {100 * kin.hits.mean():.0f} % of the trials (to one not named in "
        f"{100 * kin.others.mean():.0f} %), told the same by a stranger in {100 * strangers.hits.mean():.0f} % "
        f"({100 * strangers.others.mean():.0f} %)"
    )
    return Side(
        conclusion=_name(
            tests["kin"], tests["strangers"], tests["kin_less_strangers"], lucky=min(luck.values()) > LUCKY
        ),
        fact=fact,
        levels=[{"shown": kinship, **_told(arm, silence, rng)} for kinship, arm in arms.items()],
        silence=share_of(silence.hits, np.ones(len(asked.trials)), rng),
        tests=tests,
        luck=luck,
        n_trials=len(asked.trials),
        shown=_shown(setting, asked, strangers),
    )


def _shown(setting: Setting, asked: Asked, strangers: Heard) -> list[Moment]:
    """Return the moments in which a stranger's words were followed, and were not."""
    trace = strangers.trace
    return [] if trace is None else heeded_words(setting, asked.trials, asked.word, strangers.hits, trace)


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
    places, code = setting.places, setting.code
    occupied = places.occupied(setting.natural.crystal[trials.step, trials.episode])  # (n, P)
    words = np.stack([code.some_words(s, len(speaker), rng) for s in range(len(code.messages))], axis=1)  # (n, S, P)
    every = np.arange(len(speaker))
    word = words[every, speaker]  # (n, P)
    wanted = np.stack([code.places(s, words[:, s]) for s in range(words.shape[1])], axis=1)[every, speaker]  # (n, P, P)
    reachable = np.isin(np.arange(places.n), places.of_cells(places.sites))
    free = (word > 0) & reachable & ~(wanted & occupied[:, None, :]).any(axis=2)
    place = np.where(free, rng.random(free.shape), -1.0).argmax(axis=1)
    named = wanted[every, place]
    other = free & ~(wanted & named[:, None]).any(axis=2)
    usable = other.any(axis=1)
    instead = wanted & other[:, :, None]
    return Asked(in_time(trials, usable), speaker[usable], word[every, place][usable], named[usable], instead[usable])


def _hear(setting: Setting, asked: Asked, kinship: float | None) -> Heard:
    """Roll the episodes again with the word said by a phantom of a kinship, or with silence for None."""
    scenario, trials, places = setting.scenario, asked.trials, setting.places
    of_site = places.of_cells(places.sites)
    trace = setting.play(_phantom(scenario, asked, kinship, setting.n_episodes))
    tried = np.zeros(asked.wanted.shape, np.bool_)
    for s in range(_span(scenario)):
        going = going_on(trace, trials, s)
        cell = trace.tried[trials.step[going] + s, trials.episode[going], trials.listener[going]]
        trial, site = np.nonzero((cell[:, None] == places.sites[None]).all(axis=2))
        tried[going[trial], of_site[site]] = True
    logits = trace.logits[trials.step, trials.episode, trials.listener].astype(np.float64)
    hits = np.asarray((tried & asked.wanted).any(axis=1), dtype=np.float64)
    reached = (tried[:, None] & asked.instead).any(axis=2)
    others = np.asarray(reached.sum(axis=1) / asked.instead.any(axis=2).sum(axis=1), dtype=np.float64)
    return Heard(tried, hits, others, logits, trace if kinship == STRANGER else None)


def _span(scenario: Scenario) -> int:
    """For how many steps the phantom speaks and listeners have to get there: about the width of the map."""
    plan = layout(scenario)
    return int(plan["height"] + plan["width"]) // 2


def _phantom(scenario: Scenario, asked: Asked, kinship: float | None, n_episodes: int) -> Plan:
    """The plan in which each trial's listener hears its word alone, from a phantom, or nothing."""
    trials, length, span = asked.trials, scenario.channel.length, _span(scenario)
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


def _luck(asked: Asked, arm: Heard, silence: Heard, rng: np.random.Generator) -> float:
    """The p-value of following words as they are meant: meanings are exchanged between the words of each speaker.

    A listener with a code of its own takes some words right by luck; in this null all codes are as lucky.
    """
    total, draws = 0.0, np.zeros(N_EXCHANGES)
    for speaker in np.unique(asked.speaker):
        mine = asked.speaker == speaker
        words, first, which = np.unique(asked.word[mine], return_index=True, return_inverse=True)
        meant = asked.wanted[mine][first]  # (words, P)
        more = [(trial[mine][:, None] & meant).any(axis=2).astype(np.float64) for trial in (arm.tried, silence.tried)]
        went = np.zeros((len(words), len(words)))  # by word said, and by word whose places are looked at
        np.add.at(went, which, more[0] - more[1])
        rows = np.arange(len(words))
        total += went[rows, rows].sum()
        draws += [went[rows, rng.permutation(len(words))].sum() for _ in range(N_EXCHANGES)]
    return permutation_p_value(total, draws, "greater")


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


def _conclude(theirs: Side, own: Side | None) -> tuple[str, str | None, str]:
    """What listeners do with strangers, by what they know them, and the evidence in words.

    Where the words of strangers are not followed even from kin, those of the listeners' own kin are shown from both: if
    these are followed, it is the code by which strangers are ignored, or the kinship shown.
    """
    if own is None or theirs.tests["kin"].more or not own.tests["kin"].more:
        whose = "" if own is None else ", in the words of the other family"
        return theirs.conclusion, "kinship", f"{WORDS[theirs.conclusion]}: {theirs.fact}{whose}."
    facts = f"{own.fact}, in the words of their own family; in those of the other one, {theirs.fact}"
    if own.conclusion in ("ignores strangers", "heeds strangers less"):
        return own.conclusion, "kinship", f"{WORDS[own.conclusion]}: {facts}."
    if theirs.tests["strangers"].same:
        return "ignores strangers", "code", f"Listeners ignore the words of strangers, which are not theirs: {facts}."
    return "cannot tell", None, f"{WORDS['cannot tell']}: {facts}."


def _name(kin: Contrast, strangers: Contrast, apart: Contrast, lucky: bool) -> str:
    """The name of what is done with strangers."""
    if not kin.more:
        if strangers.more and apart.less:
            return "heeds strangers more"
        return "heeds nobody" if lucky or (kin.same and strangers.same) else "cannot tell"
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
