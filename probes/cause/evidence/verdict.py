"""The verdict: communication, or what is missing of it: a conjunction of evidence about the same content.

Signalling (what speakers say is about something), listening (which message is heard decides what listeners do), use (it
is worth something to be told what is so here and now) and content (listeners move toward what the message was about)
must all hold, about the same target. Each can be fooled alone. Each is true, false or unclear; what is unclear decides
nothing, and "not enough data" is said where a verdict hangs on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from commlab.foundation.errors import DataError
from commlab.foundation.moments import moments_of, written
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.probes.cause.evidence import content, influence, use
from commlab.probes.cause.evidence.signalling import SIGNALS, Signalling, signalling_of
from commlab.probes.cause.kin import honesty
from commlab.probes.cause.roles import home_plan, is_muted, roles_of
from commlab.probes.cause.twins import Trace, play
from commlab.probes.planted.play import recording_of
from commlab.recording import Playable

__all__ = ["VERDICTS", "Battery", "Evidence", "Verdict", "decide", "fit"]

Verdict = Literal[
    "communication", "deception", "talking to nobody", "listening to noise", "babbling", "silent", "not enough data"
]
VERDICTS: tuple[Verdict, ...] = (
    "communication", "deception", "talking to nobody", "listening to noise", "babbling", "silent", "not enough data",
)  # fmt: skip
SURE = 0.05  # p-values of use and content
RELABELLED = 0.01  # p-value of content with the referents of messages exchanged, where messages are enough for it
WORTH = 0.05  # of the return: a use that is certainly less than that is none
NEAR = 0.25  # cells: the same for content
LUCK = 0.1  # the p-value of the same exchange from which on content is no more than luck, given enough trials
TRIALS = 64
ENOUGH = 8  # episodes

HONEST = {  # in the words of the sentence
    "deception": "strangers are told what is false and heed it, and the speakers gain by it",
    "lies without gain": "strangers are told what is false and heed it, and the speakers gain nothing by it",
    "lies unheeded": "strangers are told what is false and do not heed it",
    "no lies": "strangers are not lied to",
    "cannot tell": "whether it is honest to strangers cannot be told",
}


class Evidence(NamedTuple):
    """One part of the evidence."""

    part: str  # signalling, listening, use, content; honesty, where kinship has a say
    about: str | None  # the target
    estimate: float | None
    interval: tuple[float, float] | None
    unit: str
    bar: float  # what the interval's lower end must be above
    holds: bool | None  # None: unclear
    says: str  # what was found, as a clause


class Battery(NamedTuple):
    """The verdict, and the results that it rests on."""

    result: Result
    parts: tuple[Result, ...]

    @property
    def results(self) -> list[Result]:
        """All of them, the verdict first."""
        return [self.result, *self.parts]


def fit(
    agents: Playable,
    n_episodes: int = 512,
    seed: int = 0,
    control: Playable | None = None,
    command: str = "verdict",
    arms: tuple[str, ...] = use.ARMS,
) -> Battery:
    """Return the verdict on agents, from fresh episodes.

    control: agents trained with the channel muted, shown beside the others in the evidence of use; `arms` are these
    others, of which the verdict needs none. Agents that were themselves trained muted are judged as they live: muted.
    Raises DataError for fewer than 8 episodes.
    """
    if n_episodes < ENOUGH:
        raise DataError(f"verdict: {n_episodes} episodes are too few for anything; take {ENOUGH} or more, better 512.")
    recording = recording_of(agents, n_episodes, seed, home_plan(agents), command)
    signals = signalling_of(recording, roles_of(agents.scenario), seed)
    if signals.silent:
        return Battery(_result(agents, "silent", [_signalling(signals)], signals, n_episodes, seed, command), ())
    natural = play(agents, n_episodes, seed, home_plan(agents))
    heeded = influence.fit(agents, n_episodes, seed, natural, command=command)
    used = use.fit(agents, control, n_episodes, seed, command=command, natural=natural, arms=arms)
    meant = _content_of(agents, n_episodes, seed, natural, command)
    rows = [_signalling(signals), _listening(heeded), _use(used), _content(meant, signals)]
    verdict = decide(*(row.holds for row in rows))
    parts = [heeded, used, *([meant] if isinstance(meant, Result) else [])]
    if verdict == "communication":
        honest = _honesty_of(agents, natural, seed, command)
        if honest is not None:
            rows.append(_honesty(honest))
            parts.append(honest)
            verdict = "deception" if honest.details["deception"] else verdict
    found = _result(agents, verdict, rows, signals, n_episodes, seed, command)
    return Battery(replace(found, details={**found.details, "moments": _shown(parts)}), tuple(parts))


def _shown(parts: list[Result]) -> list[dict[str, Any]]:
    """Return the first moment of every part of the evidence."""
    first = [(part, moments_of(part)[:1]) for part in parts]
    return written([replace(moment, note=f"{part.analysis}: {moment.note}") for part, some in first for moment in some])


def decide(signalling: bool | None, listening: bool | None, used: bool | None, meant: bool | None) -> Verdict:
    """Return the verdict of four parts that hold, do not hold, or are unclear (None), where something is said.

    Who signals and is not listened to, or not for what is said, talks to nobody; without signalling, who listens
    listens to noise, and otherwise all of it is babble.
    """
    others = (listening, used, meant)
    if signalling is None or (signalling is False and listening is None):
        return "not enough data"
    if signalling is False:
        return "listening to noise" if listening else "babbling"
    if False in others:
        return "talking to nobody"
    return "not enough data" if None in others else "communication"


def _content_of(agents: Playable, n_episodes: int, seed: int, natural: Trace, command: str) -> Result | DataError:
    """Return the result of the test of content, or why there is none."""
    try:
        return content.fit(agents, content.Wish(n_episodes, seed), natural, command)
    except DataError as error:
        return error


def _honesty_of(agents: Playable, natural: Trace, seed: int, command: str) -> Result | None:
    """Return what speakers tell strangers and what it brings them, None where everybody is kin."""
    speakers, listeners = roles_of(agents.scenario)
    shares = natural.kinship[:, list(speakers)][:, :, list(listeners)]
    if np.min(shares) > 0:
        return None
    n_episodes = natural.live.shape[1]
    try:
        return honesty.fit(agents, n_episodes, seed, command=command)
    except DataError:
        return None


def _signalling(signals: Signalling) -> Evidence:
    """Return the evidence that what is said is about something, by the best told target that content can test."""
    if signals.silent:
        says = "speakers say nothing"
        return Evidence("signalling", None, None, None, "bits", SIGNALS, False, says)
    about = signals.about(content.TARGET) if content.TARGET in signals.told else None
    best = about or (signals.results[0] if signals.results else None)
    if best is None:
        says = "speakers always say the same" if signals.holds is False else "nothing varies that they could tell of"
        return Evidence("signalling", None, None, None, "bits", SIGNALS, signals.holds, says)
    target = best.details["target"]
    also = [name for name in signals.told if name != target]
    says = f"messages carry {abs(round(best.estimate or 0.0, 2)):.2f} bits about {target}"
    if also:
        says += f", and also tell of {', '.join(also)}"
    return Evidence("signalling", target, best.estimate, best.interval, "bits", SIGNALS, signals.holds, says)


def _listening(result: Result) -> Evidence:
    """Return the evidence that it matters to listeners which message they hear."""
    if result.estimate is None:
        return Evidence("listening", None, None, None, "bits", influence.LISTENS, False, "there is nothing to hear")
    says = f"which message is heard decides {result.estimate:.2f} bits of the next action"
    holds: bool | None = bool(result.details["listens"])
    measures = result.details["measures"]
    ends = [measures[name]["interval"] for name in ("marginal", "uniform")]
    if not holds and all(end is not None and end[1] > influence.LISTENS for end in ends):
        holds = None if _above_untrained(result) else False
    return Evidence("listening", None, result.estimate, result.interval, "bits", influence.LISTENS, holds, says)


def _above_untrained(result: Result) -> bool:
    """Return whether listeners are told apart from an untrained network, if there is one."""
    if result.null is None or result.interval is None:
        return True
    return result.interval[1] > result.null.high


def _use(result: Result) -> Evidence:
    """Return the evidence that it is worth something to hear what is said here and now."""
    hearing = result.details["conditions"]["hearing"]["mean"]
    lost = result.estimate or 0.0
    low, high = result.interval or (float("-inf"), float("inf"))
    sure = low > 0 and (result.p_value or 0.0) <= SURE
    holds = True if sure else False if high <= WORTH * abs(hearing) else None
    if holds is None and (result.p_value or 0.0) > SURE and lost <= 0:
        holds = False
    share = f" ({100 * lost / hearing:.0f} % of it)" if hearing > 0 and sure else ""
    says = f"with other episodes' messages agents earn {lost:.2f} less{share}" if lost > 0 else "it is worth nothing"
    return Evidence("use", None, result.estimate, result.interval, "return", 0.0, holds, says)


def _content(result: Result | DataError, signals: Signalling) -> Evidence:
    """Return the evidence that listeners take messages for what they are about, if that is what is told."""
    if isinstance(result, DataError):
        return Evidence("content", None, None, None, content.UNIT, 0.0, None, str(result))
    estimate = result.estimate or 0.0
    low, high = result.interval or (float("-inf"), float("inf"))
    sure = low > 0 and (result.p_value or 0.0) <= SURE
    alike = result.details["relabelled"]
    means = alike["p_value"] <= max(RELABELLED, alike["least"])
    moved = f"come {estimate:.2f} cells closer to" if round(estimate, 2) > 0 else "come no closer to"
    says = f"listeners {moved} what a message was about"
    holds: bool | None = sure and means
    lucky = alike["p_value"] >= LUCK and result.n_episodes >= TRIALS
    if estimate > 0 and not means and (sure or lucky):
        says += ", but no more than if each message meant something else"
    elif not sure and high > NEAR and estimate > 0:
        holds = None
    if holds and signals.told and content.TARGET not in signals.told:
        holds, says = None, f"{says}, and what is told ({', '.join(signals.told)}) is something else"
    return Evidence("content", content.TARGET, result.estimate, result.interval, content.UNIT, 0.0, holds, says)


def _honesty(result: Result) -> Evidence:
    """Return the evidence on what strangers are told: it holds where they are not lied to."""
    found = result.details["verdict"]
    holds = {"no lies": True, "cannot tell": None}.get(found, False)
    return Evidence("honesty", None, result.estimate, result.interval, "return", 0.0, holds, HONEST[found])


def _result(
    agents: Playable,
    verdict: Verdict,
    rows: list[Evidence],
    signals: Signalling,
    n_episodes: int,
    seed: int,
    command: str,
) -> Result:
    """Return the verdict as a result: the estimate is how many of the four parts hold."""
    four = [row for row in rows if row.part != "honesty"]
    return Result(
        analysis="verdict",
        name="verdict",
        estimate=float(sum(row.holds is True for row in four)),
        unit="parts of the evidence that hold, of 4",
        interval=None,
        null=None,
        p_value=None,
        n_episodes=n_episodes,
        sentence=sentence_of(verdict, rows, is_muted(agents)),
        details={
            "verdict": verdict,
            "evidence": [row._asdict() for row in rows],
            "told": list(signals.told),
            "spoken": signals.spoken,
            "n_messages": signals.n_messages,
            "muted": is_muted(agents),
        },
        provenance=provenance(command, seed, agents.sha256) | {"grounding": agents.facts.get("grounding")},
    )


def sentence_of(verdict: Verdict, rows: list[Evidence], muted: bool) -> str:
    """Return the verdict and its reasons in one sentence."""
    lead = {
        "communication": "This is communication",
        "deception": "This is deception",
        "talking to nobody": "They talk to nobody",
        "listening to noise": "They listen to noise",
        "babbling": "They babble",
        "silent": "They are silent",
        "not enough data": "There is not enough data for a verdict",
    }[verdict]
    reasons = [row.says for row in rows]
    if verdict == "not enough data":
        reasons = [f"{row.part} is unclear ({row.says.rstrip('.')})" for row in rows if row.holds is None]
    if verdict in ("talking to nobody", "listening to noise"):
        reasons = [row.says for row in rows if row.holds is not None]
    if verdict == "babbling":
        reasons = [row.says for row in rows if row.part in ("signalling", "listening")]
    life = " (the channel is muted, as in their training)" if muted else ""
    return f"{lead}{life}: {'; '.join(reason.rstrip('.') for reason in reasons)}."
