"""The moments of a recording that a finding shows: rows read rightly and wrongly, uses of messages, typical states."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.moments import Moment
from commlab.foundation.picking import explained, pick
from commlab.probes.decode.prepared import Prepared
from commlab.probes.decode.rows import Rows
from commlab.probes.decode.sources import MESSAGES
from commlab.probes.decode.utterances import Utterances

__all__ = ["agent_called", "read_rightly_and_wrongly", "row_moment", "said_as_usual_or_not", "there"]

Array = NDArray[Any]
Int64 = NDArray[np.int64]
SHARDS = ".parts"


def there(recording: Recording, episode: int, step: int, agent: int, note: str) -> Moment:
    """A moment of a recording: its episode's place in it, a step of that, and the agent to look at."""
    name = recording.path.name.removesuffix(SHARDS)
    return Moment(int(episode), int(step), (int(agent),), note, recording=name)


def row_moment(recording: Recording, rows: Rows, row: int, note: str) -> Moment:
    """The moment of one of a probe's rows."""
    n_agents = len(rows.agents)
    episode, slot = int(rows.episodes[rows.episode[row]]), int(rows.slot[row])
    return there(recording, episode, slot // n_agents, rows.agents[slot % n_agents], note)


def agent_called(recording: Recording, agent: int) -> str:
    """What an agent is called: its name where it has one, else its body and number."""
    names = recording.attrs.get("agents")
    if isinstance(names, list) and agent < len(names):
        return str(names[agent])
    return f"{recording.bodies[agent]} {agent}"


def read_rightly_and_wrongly(recording: Recording, data: Prepared, predicted: Array) -> list[Moment]:
    """The first row of the recording that a probe reads rightly though it was not fitted to it, and the first not.

    A number is read rightly where the probe comes nearer to it than the training episodes' mean does.
    """
    rows, labels = data.rows, data.labels
    order = np.lexsort((rows.slot, rows.episodes[rows.episode]))
    if data.classes:
        right = predicted == labels
    else:
        right = np.abs(predicted[:, 0] - labels) < np.abs(predicted[:, 1] - labels)

    def show(place: int) -> Moment:
        row = int(order[place])
        found = row_moment(recording, rows, row, "")
        who = agent_called(recording, found.agents[0])
        if data.classes:
            told = f"read as {data.classes[int(predicted[row])]}, it is {data.classes[int(labels[row])]}"
        else:
            told = f"read as {predicted[row, 0]:.3g}, it is {labels[row]:.3g} (mean {predicted[row, 1]:.3g})"
        source = data.source.name
        message = f" {message_of(recording, found, source)}" if source in MESSAGES else f"'s {source}"
        return there(
            recording, found.episode, found.step, found.agents[0], f"{who}{message}: {data.target.name} {told}"
        )

    return explained(pick(right[order], "been read rightly", among=data.known[order], cases="steps"), show)


def message_of(recording: Recording, moment: Moment, source: str) -> str:
    """What the moment's agent says, or first hears, in words."""
    row = int(recording.episodes.start[moment.episode]) + moment.step
    message = np.asarray(recording[f"channel/{source}"][row, moment.agents[0]])
    symbols = np.trim_zeros((message[0] if message.ndim > 1 else message), "b").tolist()
    names = recording.codes.get("symbols", {})
    words = " ".join(names.get(symbol, str(symbol)) for symbol in symbols) or "nothing"
    return f"{'hears' if source == 'heard' else 'says'} {words}"


def said_as_usual_or_not(
    recording: Recording, spoken: Utterances, values: Int64, names: Sequence[str], target: str
) -> list[Moment]:
    """The first time a message is begun with the value of a target that it goes with most, and the first time not.

    values (E, slots) of the target, -1 where it has none. Silence is no message here.
    """
    said, n_agents = spoken.said, len(spoken.rows.agents)
    here = (said >= 0) & (values >= 0)
    if spoken.silence is not None:
        here &= said != spoken.silence
    counts = np.zeros((len(spoken.names), len(names)), np.int64)
    np.add.at(counts, (said[here], values[here]), 1)
    usual = counts.argmax(axis=1)
    begins = np.ones(said.shape, dtype=bool)
    begins[:, n_agents:] = said[:, n_agents:] != said[:, :-n_agents]
    episode, slot = np.nonzero(here & begins)
    message, value = said[episode, slot], values[episode, slot]

    def show(n: int) -> Moment:
        agent = spoken.rows.agents[int(slot[n]) % n_agents]
        own, most = names[int(value[n])], names[int(usual[message[n]])]
        note = f"{agent_called(recording, agent)} says {spoken.names[message[n]]}, {target} is {own}"
        note += "" if own == most else f"; it goes with {most} most often"
        return there(recording, int(spoken.rows.episodes[episode[n]]), int(slot[n]) // n_agents, agent, note)

    return explained(pick(usual[message] == value, f"the {target} that they go with most", cases="messages"), show)
