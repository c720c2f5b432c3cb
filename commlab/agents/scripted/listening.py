"""Scripted listeners: how they choose, from what they hear, the place to go to."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from commlab.agents.scripted.ground import Ground
from commlab.agents.scripted.language import Language
from commlab.env.types import Observation, Slot

__all__ = ["LISTENERS", "NOWHERE", "Ear", "ListenerName", "Listening", "ear_of", "listen", "silence"]

ListenerName = Literal["obeying", "obeying-kin", "clock", "deaf", "noise-driven"]
LISTENERS: tuple[ListenerName, ...] = get_args(ListenerName)
NOWHERE = -1
TICKS = 6  # messages after which a listener that takes them for a clock goes on


class Ear(NamedTuple):
    """What a listener makes of messages."""

    name: ListenerName
    sends: NDArray[np.int64]  # (V ** L, 2) the places that a message sends it to, NOWHERE for none
    vocabulary: int
    n_places: int


class Listening(NamedTuple):
    """What listeners remember of what they heard."""

    message: NDArray[np.int64]  # (W, n) the last one, as a number; 0 for none
    place: NDArray[np.int64]  # (W, n) where they were sent
    heard: NDArray[np.int64]  # (W, n) how many messages they heard


def ear_of(name: ListenerName, language: Language, ground: Ground) -> Ear:
    """Return how a listener called `name` takes a language: by its meaning, or (noise-driven) by one made up."""
    sends = np.full((language.vocabulary**language.length, 2), NOWHERE)
    if name in ("obeying", "obeying-kin"):
        named: dict[int, list[int]] = {}
        for p, messages in enumerate(language.messages):
            for message in messages.reshape(-1, messages.shape[-1]).tolist():
                places = named.setdefault(_number(message, language.vocabulary), [])
                if p not in places:
                    places.append(p)
        for number, places in named.items():
            if 1 <= len(places) <= 2 and number > 0:  # a message for all places sends nowhere
                sends[number] = places[0], places[-1]
    elif name == "noise-driven":
        rng = np.random.default_rng([language.seed, 1])
        sends[1:] = rng.integers(0, len(ground.places), len(sends) - 1)[:, None]
    return Ear(name, sends, language.vocabulary, len(ground.places))


def listen(
    ear: Ear, observation: Observation, agents: NDArray[np.int64], before: Listening, drawn: NDArray[np.float64]
) -> Listening:
    """Return what agents (n,) remember after hearing: the nearest speaker's message (obeying-kin: the nearest kin's).

    drawn (W, n) decides between two places that a message may mean; it counts when the message changes.
    """
    slots, heard = observation.slots[:, agents], observation.heard[:, agents]
    heeded = slots[..., Slot.PRESENT] > 0
    if ear.name == "obeying-kin":
        heeded = heeded & (slots[..., Slot.KINSHIP] > 0)
    first = heeded.argmax(axis=-1)[..., None]
    symbols = np.take_along_axis(heard, first[..., None], axis=2)[:, :, 0].astype(np.int64)
    powers = ear.vocabulary ** np.arange(heard.shape[-1])
    message = np.where(heeded.any(axis=-1), (symbols * powers).sum(axis=-1), 0)
    count = before.heard + (message > 0)
    if ear.name == "clock":
        return Listening(message, np.where(count > 0, count // TICKS % ear.n_places, NOWHERE), count)
    fresh = (message > 0) & (message != before.message)
    sent = np.take_along_axis(ear.sends[message], (drawn < 0.5).astype(np.int64)[..., None], axis=-1)[..., 0]
    place = np.where(fresh & (ear.name != "deaf"), sent, before.place)
    return Listening(np.where(message > 0, message, before.message), place, count)


def silence(n_worlds: int, n_agents: int) -> Listening:
    """Return what is remembered when an episode begins."""
    nothing = np.zeros((n_worlds, n_agents), np.int64)
    return Listening(nothing, nothing + NOWHERE, nothing)


def _number(symbols: list[int], vocabulary: int) -> int:
    """Return a message as one number."""
    return sum(symbol * vocabulary**p for p, symbol in enumerate(symbols))
