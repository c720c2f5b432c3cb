"""Audience: what speakers say when they are shown that everybody is kin, or that nobody is, all else being equal.

Twins of the same episodes differ in the kinship that speakers are shown (site `kinship`), from -1 to 1; who is paid for
whom, and every draw, stay as they are. What is said is read in the code of what kin are told in other episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.cause.contrast import Contrast, Counted, contrasts, share_of
from commlab.probes.cause.kin_code import Judged
from commlab.probes.cause.kin_setting import KIN, STRANGER, Setting, showing

__all__ = ["Speaking", "family_of", "speaker_side", "summed"]

RARELY = 0.02  # of the steps: who speaks less often is silent
SHARES = ("true", "silent", "false", "unclear")


class Speaking(NamedTuple):
    """What speakers were found to do, and the arms that it was found from."""

    told: dict[str, Any]  # JSON-able
    tests: dict[str, Contrast]
    arms: dict[float, tuple[Judged, Judged]]  # by shown kinship: as it was, and by chance


def speaker_side(setting: Setting, levels: Sequence[float], n_null: int) -> Speaking:
    """Return what speakers tell at each shown kinship, and what they do to strangers, in words of a fixed list."""
    rng = np.random.default_rng([setting.seed, 1])
    roles, code = setting.roles, setting.code
    arms = {
        shown: setting.judged(setting.play(showing(setting.scenario, roles.speakers, shown)))
        for shown in sorted({*levels, KIN, STRANGER})
    }
    kin, strangers = arms[KIN][0], arms[STRANGER][0]
    tests = contrasts(family_of(summed(strangers), summed(kin)), rng, n_null)
    natural_arm = setting.judged(setting.natural)
    levels_told = [{"shown": shown, **_told(*judged, rng)} for shown, judged in arms.items()]
    conclusion, why = _conclude(tests, levels_told)
    told = {
        "conclusion": conclusion,
        "sentence": why,
        "claim": code.claim,
        "words": [int(words.any(axis=1).sum()) for words in code.named],
        "levels": levels_told,
        "natural": _told(*natural_arm, rng),
        "observed": _observed(natural_arm[0], setting.audience, rng),
        "by_speaker": [
            {"speaker": speaker, "shown": shown, **_told(_one(arms[shown][0], s), _one(arms[shown][1], s), rng)}
            for s, speaker in enumerate(roles.speakers)
            for shown in (KIN, STRANGER)
        ],
        "tests": {name: test.told() for name, test in tests.items()},
    }
    return Speaking(told, tests, arms)


def family_of(strangers: Judged, kin: Judged) -> dict[str, Counted]:
    """The shares that tell what is done to strangers; parts (W,) are sums over speakers."""
    family = {
        "true": Counted(strangers.true, strangers.steps, kin.true, kin.steps),
        "silent": Counted(strangers.silent, strangers.steps, kin.silent, kin.steps),
    }
    if strangers.spoken.sum() >= RARELY * strangers.steps.sum():
        family["false_given_speech"] = Counted(strangers.false, strangers.spoken, kin.false, kin.spoken)
    return family


def summed(judged: Judged) -> Judged:
    """All speakers together, (W,)."""
    return Judged(*(part.sum(axis=1) for part in judged))


def _one(judged: Judged, s: int) -> Judged:
    """One speaker, (W, 1)."""
    return Judged(*(part[:, s : s + 1] for part in judged))


def _told(judged: Judged, chance: Judged, rng: np.random.Generator) -> dict[str, Any]:
    """The shares of what was said, with intervals over episodes, and the share false by chance."""
    one = summed(judged)
    told: dict[str, Any] = {name: share_of(getattr(one, name), one.steps, rng) for name in SHARES}
    told["false_given_speech"] = share_of(one.false, one.spoken, rng)
    spoken = float(chance.spoken.sum())
    told["false_by_chance"] = float(chance.false.sum()) / spoken if spoken else None
    return told


def _observed(judged: Judged, audience: NDArray[np.float64], rng: np.random.Generator) -> list[dict[str, Any]]:
    """What was said in untouched episodes, by the real kinship of the audience (W, S): its mean over the listeners."""
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
