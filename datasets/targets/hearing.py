"""Targets about speaking and hearing: who hears whom, what was heard last, and what listeners do."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.agents import SOON, message_labels
from commlab.datasets.targets.deeds import action_name
from commlab.datasets.targets.kin import Kin
from commlab.datasets.targets.labels import Labels, class_labels, following, need, table_labels, yes_no

__all__ = ["audience_kinship", "heard_recently", "last_heard", "listener_next_action", "speaker_kinship"]

Array = np.ndarray[Any, Any]
SPEAKER = ("kin", "stranger", "nobody")
AUDIENCE = ("kin", "strangers", "both", "nobody")
FAR = np.iinfo(np.int32).max


def speaker_kinship(recording: Recording) -> Labels:
    """The kinship of the speaker in the first hearing slot; undefined for a phantom, who is nobody's kin."""
    need(recording, "channel/speaker")
    speaker = recording["channel/speaker"][:, :, 0].astype(np.int64)
    kin = Kin(recording).with_agents(speaker)
    values = np.where(speaker < 0, SPEAKER.index("nobody"), ~kin)
    phantom = np.zeros(speaker.shape, dtype=bool)
    if "channel/heard" in recording:
        phantom = (speaker < 0) & recording["channel/heard"][:, :, 0].any(axis=-1)
    return class_labels(values, SPEAKER, ~phantom)


def audience_kinship(recording: Recording) -> Labels:
    """Who hears what the agent says in this step; undefined where the episode ends before it is heard."""
    source, inside = when_heard(recording)
    kin = Kin(recording)
    to_kin, to_strangers = (np.zeros((recording.n_steps, recording.n_agents), dtype=bool) for _ in range(2))
    for listener, hears in hearers(recording, source):
        related = kin.with_agent(listener)  # as the speaker has it
        to_kin |= hears & related
        to_strangers |= hears & ~related
    values = np.select([to_kin & to_strangers, to_kin, to_strangers], [2, 0, 1], 3)
    return class_labels(values, AUDIENCE, np.repeat(inside[:, None], recording.n_agents, axis=1))


def listener_next_action(recording: Recording) -> Labels:
    """What the listener chooses on hearing what the agent says in this step: the nearest, where several hear it.

    Undefined where nobody hears it, as when the agent is silent.
    """
    need(recording, "policy/action")
    source, inside = when_heard(recording)
    action = recording["policy/action"][:][source].astype(np.int32)
    position = recording["agents/position"][:].astype(np.int32)[source] if "agents/position" in recording else None
    best = np.full(action.shape, FAR, dtype=np.int32)
    chosen = np.zeros(action.shape, dtype=np.int32)
    for listener, hears in hearers(recording, source):
        row, speaker = np.nonzero(hears)
        gap = np.full(len(row), listener)
        if position is not None:
            gap = np.abs(position[row, speaker] - position[row, listener]).sum(axis=-1)
        closer = gap < best[row, speaker]
        row, speaker = row[closer], speaker[closer]
        best[row, speaker] = gap[closer]
        chosen[row, speaker] = action[row, listener]
    return table_labels(chosen, lambda code: action_name(recording, code), (best < FAR) & inside[:, None])


def heard_recently(recording: Recording) -> Labels:
    """Whether the agent heard anything in this step or one of the SOON - 1 before."""
    need(recording, "channel/heard")
    now: Array = np.asarray(recording["channel/heard"][:].any(axis=(2, 3)))
    recently = now.copy()
    for k in range(1, SOON):
        source, inside = following(recording, -k)
        recently |= now[source] & inside[:, None]
    return yes_no(recently)


def last_heard(recording: Recording) -> Labels:
    """The last message that the agent heard in this episode, this step included, in its first hearing slot.

    Undefined before the first.
    """
    need(recording, "channel/heard")
    heard = recording["channel/heard"][:, :, 0]
    start = recording.episodes.start[recording.row_episode]
    row = np.where(heard.any(axis=-1), np.arange(len(heard))[:, None], -1)
    latest = np.maximum.accumulate(row, axis=0)
    source = np.maximum(latest, 0)
    return message_labels(np.take_along_axis(heard, source[..., None], axis=0), latest >= start[:, None])


def when_heard(recording: Recording) -> tuple[Array, Array]:
    """The row at which what is said at each row is heard (S,), and whether that is in the same episode (S,)."""
    need(recording, "channel/speaker")
    return following(recording, recording.hearing_delay)


def hearers(recording: Recording, source: Array) -> Iterator[tuple[int, Array]]:
    """Each listener, and which agents (S, A) it hears at the rows `source` (S,)."""
    speaker = recording["channel/speaker"][:][source]
    for listener in range(recording.n_agents):
        hears = np.zeros((recording.n_steps, recording.n_agents), dtype=bool)
        row, slot = np.nonzero(speaker[:, listener] >= 0)
        hears[row, speaker[row, listener, slot]] = True
        yield listener, hears
