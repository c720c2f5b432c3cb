"""Targets about what an episode drew: the agent's prices, what a unit is worth, which berries are poisonous."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import NONE, Labels, number_labels, of_episodes, table_labels, yes_no
from commlab.datasets.targets.things import codes_of
from commlab.foundation.errors import TargetError

__all__ = ["LOOKS", "PRICES", "VALUES", "Poisonous", "Price", "Value", "poison_of", "poisonous_look", "price", "total"]

Array = np.ndarray[Any, Any]
PRICES = ("move", "use", "attack", "shield", "talk", "give", "build", "bond")
VALUES = ("green", "yellow", "red", "blue")
LOOKS = ("round", "long", "star", "twin")  # of berries, by bit of episodes/poison


class Price:
    """A target's function: the price of an action, for the agent's own body."""

    def __init__(self, action: str) -> None:
        """action: one of PRICES."""
        self.action = action

    def __call__(self, recording: Recording) -> Labels:
        """The labels."""
        return number_labels(of_episodes(recording, price(recording, self.action)))


class Value:
    """A target's function: a number of the episode that is the same for all its agents."""

    def __init__(self, field: str, name: str) -> None:
        """field: of the episode table ("values", "numbers", "altar_reward"); name: its column, "" where it has none."""
        self.field, self.name = field, name

    def __call__(self, recording: Recording) -> Labels:
        """The labels."""
        values = field_of(recording, self.field)
        if self.name:
            values = values[:, column_of(recording, f"episodes/{self.field}", self.name)]
        return number_labels(np.repeat(values[recording.row_episode][:, None], recording.n_agents, axis=1))


class Poisonous:
    """A target's function: whether berries of a look are poisonous in the episode."""

    def __init__(self, look: str) -> None:
        """look: one of LOOKS."""
        self.look = look

    def __call__(self, recording: Recording) -> Labels:
        """The labels."""
        bit = poison_of(recording) >> LOOKS.index(self.look) & 1
        return yes_no(np.repeat(bit[recording.row_episode][:, None], recording.n_agents, axis=1))


def price(recording: Recording, action: str) -> Array:
    """What an action costs each agent in each episode (E, A), in joules."""
    traits = field_of(recording, "traits")
    column = column_of(recording, "episodes/traits", f"{action}_cost")
    return np.take_along_axis(traits[:, :, column], recording.episodes.bodies.astype(np.int64), axis=1)


def total(recording: Recording) -> Labels:
    """What one of each action costs the agent, all together, in joules."""
    known = [action for action in PRICES if f"{action}_cost" in recording.names("episodes/traits")]
    sums = sum(price(recording, action) for action in known or PRICES)
    return number_labels(of_episodes(recording, np.asarray(sums)))


def poisonous_look(recording: Recording) -> Labels:
    """The looks of berries that are poisonous in the episode: "round+star"."""
    poison = np.repeat(poison_of(recording)[recording.row_episode][:, None], recording.n_agents, axis=1)

    def name_of(bits: int) -> str:
        return "+".join(look for bit, look in enumerate(LOOKS) if bits >> bit & 1) or NONE

    return table_labels(poison, name_of)


def poison_of(recording: Recording) -> Array:
    """The bits of the poisonous looks (E,). Raises TargetError where they are not recorded or there are no berries."""
    codes_of(recording, "berry")
    return field_of(recording, "poison").astype(np.int32)


def field_of(recording: Recording, field: str) -> Array:
    """A field of the episode table. Raises TargetError where it was not recorded."""
    if field not in recording.table.fields:
        raise TargetError(
            f"{recording.path} does not say what its episodes drew (episodes/{field}): choose another target, or "
            "record again to have it."
        )
    return np.asarray(getattr(recording.episodes, field))


def column_of(recording: Recording, field: str, name: str) -> int:
    """The number of a named column. Raises TargetError where there is none of that name."""
    names = recording.names(field)
    if name not in names:
        raise TargetError(f"{recording.path} has no {name} in {field}: it has {', '.join(names) or 'no names'}.")
    return names.index(name)
