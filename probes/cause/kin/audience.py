"""Audience: what speakers say when they are shown that everybody is kin, or that nobody is, all else being equal.

Twins of the same episodes differ in the kinship that speakers are shown (site `kinship`), from -1 to 1; who is paid for
whom, and every draw, stay as they are. What is said is read in the code of what kin are told in other episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.moments import Moment
from commlab.probes.cause.kin.code import Judged, fit_code, judge
from commlab.probes.cause.kin.contrast import MARGIN, Contrast, Counted, apart, contrasts, share_of
from commlab.probes.cause.kin.setting import KIN, STRANGE, STRANGER, Setting
from commlab.probes.cause.kin.showing import other_words
from commlab.probes.cause.twins import Trace

__all__ = ["Speaking", "family_of", "speaker_side", "summed"]

RARELY = 0.02  # of the steps: who speaks less often is silent
BANDS = (-1.01, -1e-6, 1e-6, 0.25, 0.5, 0.75, 1 - 1e-6, 1.01)  # of real kinship, lower ends left out
SHARES = ("true", "silent", "false", "unclear")


class Speaking(NamedTuple):
    """What speakers were found to do, and the arms that it was found from."""

    told: dict[str, Any]  # JSON-able
    tests: dict[str, Contrast]
    kin: Judged  # what they say when shown kin
    shown: list[Moment]


def speaker_side(setting: Setting, levels: Sequence[float], n_null: int) -> Speaking:
    """Return what speakers tell at each shown kinship, and what they do to strangers, in words of a fixed list."""
    rng = np.random.default_rng([setting.seed, 1])
    roles, code = setting.roles, setting.code
    shown_levels = sorted({*levels, KIN, STRANGER})
    traces = {shown: setting.play(setting.showing(roles.speakers, shown)) for shown in shown_levels}
    arms = {shown: setting.judged(trace) for shown, trace in traces.items()}
    kin, strangers = arms[KIN][0], arms[STRANGER][0]
    tests = contrasts(family_of(summed(strangers), summed(kin)), rng, n_null)
    natural_arm = setting.judged(setting.natural)
    levels_told = [{"shown": shown, **_told(*judged, rng)} for shown, judged in arms.items()]
    theirs = _in_their_code(setting, traces[STRANGER], rng)
    conclusion, why = _conclude(tests, levels_told, theirs)
    told = {
        "conclusion": conclusion,
        "sentence": why,
        "claim": code.claim,
        "places": setting.places.kind,
        "tells_kin": next(tells_kin(row) for row in levels_told if row["shown"] == KIN),
        "words": [int(words.any(axis=1).sum()) for words in code.named],
        "levels": levels_told,
        "natural": _told(*natural_arm, rng),
        "true_in_their_code": theirs,
        "observed": _observed(natural_arm[0], setting.audience, rng),
        "observed_tests": _observed_tests(natural_arm[0], setting.audience, rng, n_null),
        "by_speaker": [
            {"speaker": speaker, **_of_speaker(arms[KIN], arms[STRANGER], s, rng, n_null)}
            for s, speaker in enumerate(roles.speakers)
        ],
        "tests": {name: test.told() for name, test in tests.items()},
    }
    return Speaking(told, tests, arms[KIN][0], other_words(setting, traces[KIN], traces[STRANGER]))


def family_of(strangers: Judged, kin: Judged) -> dict[str, Counted]:
    """The shares that tell what is done to strangers; parts (W,) are sums over speakers."""
    family = {
        "true": Counted(strangers.true, strangers.steps, kin.true, kin.steps),
        "silent": Counted(strangers.silent, strangers.steps, kin.silent, kin.steps),
    }
    if strangers.spoken.sum() >= RARELY * strangers.steps.sum():
        family["false_given_speech"] = Counted(strangers.false, strangers.spoken, kin.false, kin.spoken)
    return family


def _of_speaker(
    kin: tuple[Judged, Judged], strangers: tuple[Judged, Judged], s: int, rng: np.random.Generator, n_null: int
) -> dict[str, Any]:
    """What one speaker does to strangers."""
    kin, strangers = ((_one(arm[0], s), _one(arm[1], s)) for arm in (kin, strangers))
    tests = contrasts(family_of(summed(strangers[0]), summed(kin[0])), rng, n_null)
    told = {"kin": _told(*kin, rng), "strangers": _told(*strangers, rng)}
    return {"conclusion": _name(tests, told["kin"]), **told}


def summed(judged: Judged) -> Judged:
    """All speakers together, (W,)."""
    return Judged(*(part.sum(axis=1) for part in judged))


def _one(judged: Judged, s: int) -> Judged:
    """One speaker, (W, 1)."""
    return Judged(*(part[:, s : s + 1] for part in judged))


def _told(judged: Judged, chance: Judged, rng: np.random.Generator) -> dict[str, Any]:
    """The shares of what was said, with intervals over episodes, and what is true and false by chance."""
    one = summed(judged)
    told: dict[str, Any] = {name: share_of(getattr(one, name), one.steps, rng) for name in SHARES}
    told["false_given_speech"] = share_of(one.false, one.spoken, rng)
    told["true_given_speech"] = share_of(one.true, one.spoken, rng)
    spoken = float(chance.spoken.sum())
    told["false_by_chance"] = float(chance.false.sum()) / spoken if spoken else None
    told["true_by_chance"] = float(chance.true.sum()) / spoken if spoken else None
    return told


def _observed(judged: Judged, audience: NDArray[np.float64], rng: np.random.Generator) -> list[dict[str, Any]]:
    """What was said in untouched episodes, by the real kinship of the audience (W, S): its mean over the listeners."""
    rows = []
    for low, high in pairwise(BANDS):
        mine = (audience > low) & (audience <= high)
        if mine.any():
            part = Judged(*(np.where(mine, counts, 0.0) for counts in judged))
            told = _told(part, part, rng)
            del told["false_by_chance"], told["true_by_chance"]
            rows.append({"kinship": float(audience[mine].mean()), "from": low, "to": high, **told})
    return rows


def _observed_tests(
    judged: Judged, audience: NDArray[np.float64], rng: np.random.Generator, n_null: int
) -> dict[str, Any]:
    """The same shares compared between episodes in which the audience is real strangers and in which it is real kin."""
    family = {
        "true": (judged.true, judged.steps),
        "silent": (judged.silent, judged.steps),
        "false_given_speech": (judged.false, judged.spoken),
    }
    tests = apart(family, audience <= STRANGE, audience >= KIN - STRANGE, rng, n_null)
    return {name: test.told() for name, test in tests.items()}


def _in_their_code(setting: Setting, trace: Trace, rng: np.random.Generator) -> dict[str, Any]:
    """How often strangers are told the truth in a code of their own, learnt from what they are told elsewhere."""
    code = fit_code(setting.scene(setting.lesson(STRANGER)))
    judged = summed(judge(code, setting.scene(trace)))
    return share_of(judged.true, judged.steps, rng)


def _conclude(tests: dict[str, Contrast], levels: list[dict[str, Any]], theirs: dict[str, Any]) -> tuple[str, str]:
    """What speakers do to strangers, and the evidence in words."""
    by_shown = {row["shown"]: row for row in levels}
    kin, strangers = by_shown[KIN], by_shown[STRANGER]
    fact = (
        f"shown strangers they tell the truth at {_percent(strangers['true'])} of the steps (kin "
        f"{_percent(kin['true'])}), are silent at {_percent(strangers['silent'])} ({_percent(kin['silent'])}), and of "
        f"what they say {_percent(strangers['false_given_speech'])} is false ({_percent(kin['false_given_speech'])})"
    )
    if not tells_kin(kin):
        return "cannot tell", f"What speakers say to kin does not tell where crystals are: {fact}."
    name = _name(tests, kin)
    if name in ("lies to strangers", "unclear to strangers") and theirs["share"] >= kin["true"]["share"] - MARGIN:
        name = "another code to strangers"
        fact += f"; in a code of their own strangers are told the truth at {_percent(theirs)} of the steps"
    return name, f"{WORDS[name]}: {fact}."


def _name(tests: dict[str, Contrast], kin: dict[str, Any]) -> str:
    """The name of what is done to strangers."""
    if "silent" not in tests or not tells_kin(kin):
        return "cannot tell"
    true, silent, false = tests["true"], tests["silent"], tests.get("false_given_speech")  # None: they are told nothing
    lies = false is not None and false.more
    if silent.more:
        return "silent and lies to strangers" if lies else "silent to strangers"
    if lies:
        return "lies to strangers"
    if true.more:
        return "tells strangers more"
    if true.less:
        return "unclear to strangers"
    return "tells everyone" if true.same and silent.same and false is not None and false.same else "cannot tell"


WORDS = {
    "tells everyone": "Speakers tell everyone alike",
    "silent to strangers": "Speakers fall silent to strangers",
    "lies to strangers": "Speakers lie to strangers",
    "silent and lies to strangers": "Speakers say less to strangers, and lie when they speak",
    "another code to strangers": "Speakers tell strangers the truth, but in another code",
    "unclear to strangers": "Speakers tell strangers what means nothing to kin",
    "tells strangers more": "Speakers tell strangers more than kin",
    "cannot tell": "Whether speakers treat strangers otherwise than kin cannot be told",
}


def tells_kin(told: dict[str, Any]) -> bool:
    """Whether what kin are told is truer than chance, by enough to matter."""
    true, chance = told["true_given_speech"], told["true_by_chance"]
    return bool(chance is not None and true["interval"] is not None and true["interval"][0] > chance + MARGIN)


def _percent(told: dict[str, Any]) -> str:
    """A share in words."""
    return "none" if told["share"] is None else f"{100 * told['share']:.0f} %"
