"""Audience: what speakers say when they are shown that everybody is kin, or that nobody is, all else being equal.

Twins of the same episodes differ in the kinship that speakers are shown (site `kinship`), from -1 to 1; who is paid for
whom, and every draw, stay as they are. What is said is read in the code of what kin are told in other episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Plan, showing_kinship
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError
from commlab.probes.cause.contrast import Contrast, Counted, contrasts, share_of
from commlab.probes.cause.kin_code import Code, Judged, fit_code, judge, scene_of
from commlab.probes.cause.roles import Roles
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable

__all__ = ["KIN", "STRANGER", "Speaking", "learn_code", "listen_to", "real_strangers", "showing", "speaker_side"]

KIN, STRANGER = 1.0, 0.0
OTHER_EPISODES = 2**21  # added to the seed of the episodes on which codes are learnt
RARELY = 0.02  # of the steps: who speaks less often is silent
SHARES = ("true", "silent", "false", "unclear")


class Speaking(NamedTuple):
    """What speakers were found to do, and the arms that it was found from."""

    code: Code
    told: dict[str, Any]  # JSON-able
    tests: dict[str, Contrast]


def showing(scenario: Scenario, viewers: tuple[int, ...], kinship: float) -> Plan:
    """Return the plan, for any number of worlds, in which `viewers` are shown that kinship of everybody else."""
    where = np.isin(np.arange(scenario.n_agents), viewers)[None, None]
    return showing_kinship(kinship, where)


def learn_code(agents: Playable, roles: Roles, n_episodes: int, seed: int) -> Code:
    """Return the code in which speakers tell kin, from episodes of their own.

    Raises DataError where nothing is said to kin.
    """
    plan = showing(agents.scenario, roles.speakers, KIN)
    scene = scene_of(play(agents, n_episodes, OTHER_EPISODES + seed, plan), agents.scenario, roles.speakers)
    code = fit_code(scene)
    if not any(len(messages) for messages in code.messages):
        raise DataError(
            f"Nothing is said to kin in {agents.scenario.name!r}, so there is no code in which strangers could be told "
            f"anything else; train the agents longer, or in a world in which speaking to kin pays."
        )
    return code


def listen_to(agents: Playable, roles: Roles, code: Code, trace: Trace) -> tuple[Judged, Judged]:
    """Return what speakers said in a trace, judged by its world and, for chance, by other episodes' worlds."""
    scene = scene_of(trace, agents.scenario, roles.speakers)
    others = np.roll(np.arange(scene.message.shape[1]), 1)
    return judge(code, scene), judge(code, scene, others)


def speaker_side(
    agents: Playable, roles: Roles, code: Code, natural: Trace, levels: Sequence[float], seed: int, n_null: int
) -> Speaking:
    """Return what speakers tell at each shown kinship, and what they do to strangers, in words of a fixed list."""
    rng = np.random.default_rng([seed, 1])
    n_episodes = natural.live.shape[1]
    arms: dict[float, tuple[Judged, Judged]] = {}
    for shown in sorted({*levels, KIN, STRANGER}):
        trace = play(agents, n_episodes, seed, showing(agents.scenario, roles.speakers, shown))
        arms[shown] = listen_to(agents, roles, code, trace)
    kin, strangers = arms[KIN][0], arms[STRANGER][0]
    tests = contrasts(_family(_summed(strangers), _summed(kin)), rng, n_null)
    natural_arm = listen_to(agents, roles, code, natural)
    levels_told = [{"shown": shown, **_told(*judged, rng)} for shown, judged in arms.items()]
    conclusion, why = _conclude(tests, levels_told)
    told = {
        "conclusion": conclusion,
        "sentence": why,
        "claim": code.claim,
        "words": [int(words.any(axis=1).sum()) for words in code.named],
        "levels": levels_told,
        "natural": _told(*natural_arm, rng),
        "observed": _observed(natural_arm[0], natural, roles, rng),
        "by_speaker": [
            {"speaker": speaker, "shown": shown, **_told(_one(arms[shown][0], s), _one(arms[shown][1], s), rng)}
            for s, speaker in enumerate(roles.speakers)
            for shown in (KIN, STRANGER)
        ],
        "tests": {name: test.told() for name, test in tests.items()},
    }
    return Speaking(code, told, tests)


def _family(strangers: Judged, kin: Judged) -> dict[str, Counted]:
    """The shares that tell what is done to strangers; parts (W,) are sums over speakers."""
    family = {
        "true": Counted(strangers.true, strangers.steps, kin.true, kin.steps),
        "silent": Counted(strangers.silent, strangers.steps, kin.silent, kin.steps),
    }
    if strangers.spoken.sum() >= RARELY * strangers.steps.sum():
        family["false_given_speech"] = Counted(strangers.false, strangers.spoken, kin.false, kin.spoken)
    return family


def _summed(judged: Judged) -> Judged:
    """All speakers together, (W,)."""
    return Judged(*(part.sum(axis=1) for part in judged))


def _one(judged: Judged, s: int) -> Judged:
    """One speaker, (W, 1)."""
    return Judged(*(part[:, s : s + 1] for part in judged))


def _told(judged: Judged, chance: Judged, rng: np.random.Generator) -> dict[str, Any]:
    """The shares of what was said, with intervals over episodes, and the share false by chance."""
    one = _summed(judged)
    told: dict[str, Any] = {name: share_of(getattr(one, name), one.steps, rng) for name in SHARES}
    told["false_given_speech"] = share_of(one.false, one.spoken, rng)
    spoken = float(chance.spoken.sum())
    told["false_by_chance"] = float(chance.false.sum()) / spoken if spoken else None
    return told


def _observed(judged: Judged, natural: Trace, roles: Roles, rng: np.random.Generator) -> list[dict[str, Any]]:
    """What was said in untouched episodes, by the real kinship of the audience: its mean over the listeners."""
    audience = np.stack(
        [
            natural.kinship[:, speaker, [other for other in roles.listeners if other != speaker]].mean(axis=1)
            for speaker in roles.speakers
        ],
        axis=1,
    )  # (W, S)
    rows = []
    for low, high in ((-1.01, -1e-6), (-1e-6, 1e-6), (1e-6, 0.5), (0.5, 1 - 1e-6), (1 - 1e-6, 1.01)):
        mine = (audience > low) & (audience <= high)
        if mine.any():
            part = Judged(*(np.where(mine, counts, 0.0) for counts in judged))
            rows.append({"kinship": float(audience[mine].mean()), **_told(part, part, rng)})
            rows[-1].pop("false_by_chance")
    return rows


def _conclude(tests: dict[str, Contrast], levels: list[dict[str, Any]]) -> tuple[str, str]:
    """What speakers do to strangers, and the evidence in words."""
    silent, false = tests.get("silent"), tests.get("false_given_speech")
    by_shown = {row["shown"]: row for row in levels}
    told_kin, told_strangers = by_shown[KIN], by_shown[STRANGER]
    if silent is None:
        return "cannot tell", "There are too few episodes in which speakers have anything to tell."
    fact = (
        f"shown strangers they tell the truth at {_percent(told_strangers['true'])} of the steps (kin "
        f"{_percent(told_kin['true'])}), are silent at {_percent(told_strangers['silent'])} "
        f"({_percent(told_kin['silent'])}), and of what they say {_percent(told_strangers['false_given_speech'])} is "
        f"false ({_percent(told_kin['false_given_speech'])})"
    )
    honest = _honest_to_kin(told_kin)
    if not honest:
        return "cannot tell", f"What speakers say to kin does not tell where crystals are: {fact}."
    name = _name(silent, false, told_strangers)
    return name, f"{WORDS[name]}: {fact}."


def _name(silent: Contrast, false: Contrast | None, told: dict[str, Any]) -> str:
    """The name of what is done to strangers."""
    mute = false is None  # to strangers
    lies = false is not None and false.more
    if silent.more:
        return "silent and lies to strangers" if lies else "silent to strangers"
    if lies:
        return "lies to strangers"
    if silent.less or (false is not None and false.less):
        return "tells strangers more"
    if silent.same and false is not None and false.same and not mute:
        return "tells everyone"
    return "cannot tell"


WORDS = {
    "tells everyone": "Speakers tell everyone alike",
    "silent to strangers": "Speakers fall silent to strangers",
    "lies to strangers": "Speakers lie to strangers",
    "silent and lies to strangers": "Speakers say less to strangers, and lie when they speak",
    "tells strangers more": "Speakers tell strangers more than kin",
    "cannot tell": "Whether speakers treat strangers otherwise than kin cannot be told",
}


def _honest_to_kin(told: dict[str, Any]) -> bool:
    """Whether what kin are told is truer than chance."""
    false, chance = told["false_given_speech"], told["false_by_chance"]
    if false["interval"] is None or chance is None or told["true"]["interval"] is None:
        return False
    return bool(told["true"]["share"] > 0 and false["interval"][1] < chance)


def _percent(told: dict[str, Any]) -> str:
    """A share in words."""
    return "none" if told["share"] is None else f"{100 * told['share']:.0f} %"


def real_strangers(natural: Trace, roles: Roles) -> NDArray[np.bool_]:
    """Return which speakers have a stranger among the listeners of each episode, (W, S)."""
    strange = [
        (natural.kinship[:, speaker, [other for other in roles.listeners if other != speaker]] <= 0).any(axis=1)
        for speaker in roles.speakers
    ]
    return np.stack(strange, axis=1)
