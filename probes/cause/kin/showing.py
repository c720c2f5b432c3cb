"""What a reader is shown of kinship in language: words to strangers, words of strangers, and false ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.moments import Moment
from commlab.foundation.picking import explained, pick
from commlab.probes.cause.kin.code import FALSE, kinds_of, symbols_of
from commlab.probes.cause.kin.setting import Setting
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.trials import Trials
from commlab.probes.cause.twins import Trace

__all__ = ["false_words", "heeded_words", "other_words"]

TRUE = 0  # of the kinds


def other_words(setting: Setting, kin: Trace, strangers: Trace) -> list[Moment]:
    """Return the first episode in which a speaker tells strangers something else than kin, and the first in which not.

    `strangers` are the episodes in which speakers are shown strangers, and which the moments show.
    """
    speakers = list(setting.roles.speakers)
    differs = (kin.said != strangers.said).any(axis=-1)[:, :, speakers]
    differs &= setting.scene(strangers).tellable & (kin.live & strangers.live)[:, :, None]  # (T, W, S)

    def show(episode: int) -> Moment | None:
        there = differs[:, episode]
        step = int(there.any(axis=1).argmax())
        speaker = speakers[int(there[step].argmax())]
        said, instead = (_words(trace.said[step, episode, speaker]) for trace in (strangers, kin))
        note = f"shown strangers, {agent_called(setting.scenario, speaker)} says {said}; shown kin, it says {instead}"
        return moment_in(strangers, episode, step, (speaker,), note)

    return explained(pick(differs.any(axis=(0, 2)), "other words for strangers", cases="episodes"), show)


def heeded_words(
    setting: Setting, trials: Trials, word: NDArray[np.int64], hits: NDArray[np.float64], strangers: Trace
) -> list[Moment]:
    """Return the first trial in which a stranger's `word` (n,) was followed, and the first in which it was not."""
    channel = setting.scenario.channel

    def show(n: int) -> Moment | None:
        listener = int(trials.listener[n])
        said = " ".join(map(str, symbols_of(int(word[n]), channel.vocabulary, channel.length)))
        went = "gets to the place that it names" if hits[n] else "does not get to the place that it names"
        note = f"{agent_called(setting.scenario, listener)} hears {said} from a stranger and {went}"
        return moment_in(strangers, int(trials.episode[n]), int(trials.step[n]), (listener,), note)

    return explained(pick(hits > 0, "followed a stranger"), show)


def false_words(setting: Setting) -> list[Moment]:
    """Return the first false word that a speaker says untouched before a real stranger, and the first true one."""
    trace, scene = setting.natural, setting.scene(setting.natural)
    speakers, own = setting.roles.speakers, np.arange(setting.n_episodes)
    found = []
    for kind, name in ((FALSE, "false"), (TRUE, "true")):
        judged = [kinds_of(setting.code, scene, s, own)[kind] & setting.strangers[:, s] for s in range(len(speakers))]
        there = np.stack(judged, axis=-1)  # (T, W, S)
        if not there.any():
            continue
        episode = int(there.any(axis=(0, 2)).argmax())
        step = int(there[:, episode].any(axis=1).argmax())
        speaker = speakers[int(there[step, episode].argmax())]
        note = (
            f"{agent_called(setting.scenario, speaker)} says {_words(trace.said[step, episode, speaker])}, which is "
            f"{name} (the first of {int(there.sum()):,} {name} words before strangers)"
        )
        found.append(moment_in(trace, episode, step, (speaker,), note))
    return [moment for moment in found if moment is not None]


def _words(message: NDArray[np.uint8]) -> str:
    """Return a message as its symbols."""
    return " ".join(map(str, message.tolist())) if message.any() else "nothing"
