"""Honesty: whether false words to strangers are deception: heeded, and worth something to who says them.

Three things make deception (as Searcy and Nowicki 2005 define it). In untouched play speakers say to real strangers
what is false, more often than when the same episodes show them kin; listeners follow the words of strangers; and the
speaker's own return, weighted by its kinship with all others, is higher with its false words than with silence, and
than with the truth, in their place. The last is found from twins in which one speaker's words are read as they are
spoken, and the false ones replaced before anyone hears them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Change, Plan
from commlab.agents.rollout import Returns, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, World
from commlab.foundation.moments import written
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, permutation_p_value, sign_flip_draws, summarise_null
from commlab.probes.cause.kin.audience import Speaking, family_of, speaker_side, summed
from commlab.probes.cause.kin.code import FALSE, Judged, Seen, kinds_of, observe
from commlab.probes.cause.kin.contrast import SIGNIFICANT, Contrast, contrasts
from commlab.probes.cause.kin.obedience import Obeying, listener_side
from commlab.probes.cause.kin.setting import Setting, prepare
from commlab.probes.cause.kin.showing import false_words
from commlab.probes.cause.twins import EXPERIMENTS, LEAST
from commlab.recording import Playable

__all__ = ["Gain", "Instead", "fit", "of_sides", "replaced"]

Instead = Literal["silence", "truth"]
Verdict = Literal["deception", "lies without gain", "lies unheeded", "no lies", "cannot tell"]
UNIT = "return of a speaker an episode"
SMALL = 0.05  # of what an agent earns an episode: a gain below it is none
METHOD = "signs of episodes flipped"


class Gain(NamedTuple):
    """What false words bring to who says them, against what could be said instead."""

    difference: float
    interval: tuple[float, float]
    p_value: float
    null: Null

    @property
    def rises(self) -> bool:
        """Whether the speaker has more from its false words."""
        return self.interval[0] > 0 and self.p_value <= SIGNIFICANT


def fit(agents: Playable, n_episodes: int = 256, seed: int = 0, n_null: int = 199, command: str = "kinship") -> Result:
    """Return what a speaker gains by its false words to strangers over silence, and whether that is deception.

    `details["verdict"]` is one of "deception", "lies without gain", "lies unheeded", "no lies" and "cannot tell", and
    `details["deception"]` whether it is the first. Raises DataError where the question does not apply; see `prepare`.
    """
    setting = prepare(agents, n_episodes, seed)
    return of_sides(setting, speaker_side(setting, (), n_null), listener_side(setting, (), n_null), n_null, command)


def of_sides(setting: Setting, speaking: Speaking, obeying: Obeying, n_null: int, command: str) -> Result:
    """Return the same from a setting that is prepared, and from what speakers and listeners do in it."""
    rng = np.random.default_rng([setting.seed, 3])
    lies = _lies(setting, speaking.kin, rng, n_null) if speaking.told["tells_kin"] else None
    heeded = obeying.strangers
    gains = {} if lies is None or lies.same or lies.less else _gains(setting, rng, n_null)
    small = SMALL * float(setting.natural.returns.mean())
    verdict = _verdict(lies, heeded, gains, small) if speaking.told["tells_kin"] else "cannot tell"
    gain = gains.get("silence")
    return Result(
        analysis="honesty",
        name="honesty",
        estimate=gain.difference if gain else None,
        unit=UNIT,
        interval=gain.interval if gain else None,
        null=gain.null if gain else None,
        p_value=gain.p_value if gain else None,
        n_episodes=setting.n_episodes,
        sentence=_sentence(verdict, lies, heeded, gains),
        details={
            "verdict": verdict,
            "deception": verdict == "deception",
            "scenario": setting.scenario.name,
            "false_to_strangers": lies.told() if lies else None,
            "heeded": heeded.told() if heeded else None,
            "gains": {instead: {**gain._asdict(), "null": vars(gain.null)} for instead, gain in gains.items()},
            "moments": written(false_words(setting)),
        },
        provenance=provenance(command, setting.seed, setting.agents.sha256)
        | {"grounding": setting.agents.facts.get("grounding")},
    )


def replaced(setting: Setting, focal: NDArray[np.int64], instead: Instead) -> NDArray[np.float64]:
    """Return what each speaker receives, weighted by kinship, in every episode (W, S), as its false words are replaced.

    focal (W,): whose words are, as an index of the speakers; -1 for nobody's.
    """
    scenario, speakers = setting.scenario, setting.roles.speakers
    n_worlds = max(LEAST, setting.n_episodes)
    everyone = np.append(focal, np.full(n_worlds - len(focal), -1))
    worlds = WorldBatch(scenario, n_worlds, EXPERIMENTS + setting.seed)
    rollout, returns = Rollout(worlds, setting.agents.policy), Returns(n_worlds, scenario.n_agents)
    rollout.begin(np.arange(n_worlds))
    for _ in range(scenario.steps):
        said = rollout.decide().message
        rollout.replan(_correcting(setting, _seen(worlds.world, said, rollout.live), everyone, instead))
        rollout.step(returns)
    return returns.shared[: setting.n_episodes, list(speakers)]


def _lies(setting: Setting, kin: Judged, rng: np.random.Generator, n_null: int) -> Contrast | None:
    """How much more often what speakers say to real strangers is false, than when the same episodes show them kin."""
    natural = setting.judged(setting.natural)[0]
    arms = [summed(Judged(*(part * setting.strangers for part in judged))) for judged in (natural, kin)]
    return contrasts(family_of(*arms), rng, n_null).get("false_given_speech")


def _gains(setting: Setting, rng: np.random.Generator, n_null: int) -> dict[str, Gain]:
    """What speakers have from their false words, by what could be said instead; in each episode one speaker's are."""
    focal = np.where(setting.strangers, rng.random(setting.strangers.shape), -1.0).argmax(axis=1)
    focal[~setting.strangers.any(axis=1)] = -1
    met = np.flatnonzero(focal >= 0)
    own = setting.natural.reward[:, :, list(setting.roles.speakers)].sum(axis=0, dtype=np.float64)
    found = {}
    for instead in ("silence", "truth"):
        difference = (own - replaced(setting, focal, instead))[met, focal[met]]
        draws = sign_flip_draws(difference[:, None], rng, n_null)[:, 0]
        mean = float(difference.mean())
        interval = bca_mean(difference, rng) or (mean, mean)
        found[instead] = Gain(
            mean, interval, permutation_p_value(mean, draws, "two-sided"), summarise_null(draws, METHOD)
        )
    return found


def _seen(world: World, said: NDArray[np.uint8], live: NDArray[np.bool_]) -> Seen:
    """Where everything is in this step, and what is said in it."""
    places = np.stack([world.object_row - VIEW, world.object_column - VIEW], axis=-1)
    crystal = np.where((world.stock > 0)[..., None], places, -1)
    position = np.stack([world.row - VIEW, world.column - VIEW], axis=-1)
    return Seen(crystal[None], position[None], said[None], live[None])


def _correcting(setting: Setting, seen: Seen, focal: NDArray[np.int64], instead: Instead) -> Plan:
    """The plan in which what `focal` speakers say now, if it is false, is replaced by silence or by the truth."""
    scenario, code, speakers = setting.scenario, setting.code, setting.roles.speakers
    scene = observe(seen, scenario, speakers, setting.places)
    where = np.zeros((1, len(focal), scenario.n_agents), np.bool_)
    symbols = np.zeros((*where.shape, scenario.channel.length), np.uint8)
    for s, speaker in enumerate(speakers):
        false = kinds_of(code, scene, s, np.arange(len(focal)))[FALSE, 0] & (focal == s)
        where[0, :, speaker] = false
        if instead == "truth" and false.any():
            words = code.words(s)
            told = np.where(words > 0, scene.nearest[0, :, s] * 2 + scene.there[0], 0)  # the nearest, if it has a word
            word = np.where(told.max(axis=1) > 0, words[told.argmax(axis=1)], 0)
            powers = scenario.channel.vocabulary ** np.arange(scenario.channel.length)
            symbols[0, :, speaker] = word[:, None] // powers % scenario.channel.vocabulary
    return Plan((Change("message.out", "set", where, symbols),))


def _verdict(lies: Contrast | None, heeded: Contrast | None, gains: dict[str, Gain], small: float) -> Verdict:
    """Which of the fixed list the evidence allows; `small` is a gain that counts as none."""
    if lies is None or lies.same or lies.less:
        return "no lies"
    if not lies.more or heeded is None:
        return "cannot tell"
    if not heeded.more:
        return "lies unheeded" if heeded.same else "cannot tell"
    if all(gain.rises for gain in gains.values()):
        return "deception"
    return "lies without gain" if any(gain.interval[1] <= small for gain in gains.values()) else "cannot tell"


def _sentence(verdict: Verdict, lies: Contrast | None, heeded: Contrast | None, gains: dict[str, Gain]) -> str:
    """The finding in words."""
    if verdict == "cannot tell" and lies is None:
        return "What speakers say to kin does not tell where crystals are, so that they cannot be caught in a lie."
    if lies is None:
        return "Next to nothing is said to strangers that could be false."
    facts = [
        f"of what speakers say to strangers {100 * lies.first:.0f} % is false, shown kin in the same episodes "
        f"{100 * lies.second:.0f} %"
    ]
    if heeded is not None and gains:
        facts.append(
            f"the words of strangers are followed {100 * heeded.difference:.0f} points more often than by chance"
        )
    if gains:
        parts = [
            f"{gain.difference:+.2f} over {instead} ({gain.interval[0]:+.2f} to {gain.interval[1]:+.2f})"
            for instead, gain in gains.items()
        ]
        facts.append(f"the speaker's own return changes by its false words by {' and '.join(parts)}")
    return f"{WORDS[verdict]}: {'; '.join(facts)}."


WORDS: dict[Verdict, str] = {
    "deception": "Speakers deceive strangers",
    "lies without gain": "Speakers lie to strangers, and gain nothing by it",
    "lies unheeded": "Speakers lie to strangers, who do not heed them",
    "no lies": "Strangers are told nothing false that kin are not",
    "cannot tell": "Whether strangers are deceived cannot be told",
}
