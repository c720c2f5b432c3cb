"""Interventions: changes to what agents say or hear, as data that is frozen, checked and written as JSON.

Every recording says with them what was done to its episodes. How they are carried out: `intervene`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from commlab.foundation.errors import InterventionError

__all__ = ["OPERATIONS", "SITES", "Intervention", "Operation", "Site", "from_json", "to_json"]

Site = Literal["message.out", "message.in"]
Operation = Literal["mute", "set", "inject", "shuffle", "delay", "replay", "noise"]
SITES: tuple[Site, ...] = ("message.out", "message.in")
OPERATIONS: dict[Site, tuple[Operation, ...]] = {
    "message.out": ("mute", "set", "shuffle", "delay", "replay", "noise"),
    "message.in": ("mute", "set", "inject", "shuffle", "delay", "replay", "noise"),
}
_NEEDS: dict[str, tuple[Operation, ...]] = {
    "symbol": ("set", "inject"),
    "source": ("replay",),
    "delay": ("delay",),
    "chance": ("noise",),
}
_FIRST_FIELDS = ("site", "operation", "agents", "first", "last", "symbol", "kinship", "source")  # always written


@dataclass(frozen=True)
class Intervention:
    """A change at one site, for some agents and steps.

    At `message.out` it is made to what agents emit, whatever they said:

    - mute: silence;
    - set: `symbol`, or a message of several;
    - shuffle: the messages of the agents of a world change hands among them;
    - delay: what they said `delay` steps ago;
    - replay: what they said at the same step of another episode (`source`);
    - noise: each symbol that is not silence is, with `chance`, another drawn at random.

    At `message.in` it is made to what agents hear, of everyone or of `speakers` alone:

    - mute: nothing is heard (slots become free; who was not heard for want of slots stays unheard);
    - set: without `speakers`, a phantom of the declared `kinship` says `symbol`, and nothing else is heard; with them,
      `symbol` is heard from them whenever they speak;
    - inject: the phantom is heard first, beside whoever else speaks;
    - shuffle: the messages that the agents of a world hear change slots and listeners;
    - delay, replay: what was heard `delay` steps ago, or at the same step of another episode;
    - noise: as above.
    """

    site: Site
    operation: Operation
    agents: tuple[int, ...] | None = None  # None: all
    first: int = 0  # step
    last: int | None = None  # the last step, None: to the end
    symbol: int | tuple[int, ...] | None = None
    kinship: float = 1.0
    source: int | None = None  # episode to replay
    speakers: tuple[int, ...] | None = None  # None: everyone, phantoms included
    delay: int | None = None  # steps
    chance: float | None = None

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise InterventionError(f"An intervention's site is one of {', '.join(SITES)}, not {self.site!r}.")
        if self.operation not in OPERATIONS[self.site]:
            allowed = ", ".join(OPERATIONS[self.site])
            raise InterventionError(f"At {self.site} an intervention can {allowed}, not {self.operation!r}.")
        for name, operations in _NEEDS.items():
            if (getattr(self, name) is not None) != (self.operation in operations):
                raise InterventionError(
                    f"An intervention has a {name} if, and only if, its operation is "
                    f"{' or '.join(map(repr, operations))}; at {self.site} it is {self.operation!r}."
                )
        self._check_values()

    def _check_values(self) -> None:
        """Raise InterventionError for numbers that no world has."""
        for symbol in self.message:
            if not 0 <= symbol <= 255:
                raise InterventionError(f"An intervention's symbol lies in 0 to 255, 0 being silence, not {symbol}.")
        if not -1 <= self.kinship <= 1:
            raise InterventionError(f"A phantom's kinship lies in -1 to 1, not {self.kinship}.")
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise InterventionError(
                f"An intervention lasts from step 0 or later, not from {self.first} to {self.last}."
            )
        if self.delay is not None and self.delay < 1:
            raise InterventionError(f"An intervention delays messages by 1 step or more, not by {self.delay}.")
        if self.chance is not None and not 0 <= self.chance <= 1:
            raise InterventionError(f"An intervention's chance lies in 0 to 1, not {self.chance}.")
        if self.speakers is not None and (self.site != "message.in" or self.operation == "inject"):
            raise InterventionError(
                f"Speakers are named where what is heard of them is changed; at {self.site}, to {self.operation}, "
                f"leave them out."
            )

    @property
    def message(self) -> tuple[int, ...]:
        """The symbols to set or inject."""
        if self.symbol is None:
            return ()
        return self.symbol if isinstance(self.symbol, tuple) else (self.symbol,)


def to_json(interventions: Sequence[Intervention]) -> str:
    """Return interventions as JSON."""
    return json.dumps([_written(intervention) for intervention in interventions], sort_keys=True)


def from_json(text: str) -> tuple[Intervention, ...]:
    """Return the interventions that `to_json` wrote; InterventionError where the text holds none."""
    try:
        rows = json.loads(text)
    except ValueError:
        raise InterventionError(f"Interventions are a list in JSON, not {text!r:.60}.") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InterventionError(f"Interventions are a list of mappings, not {text!r:.60}.")
    return tuple(_read(row) for row in rows)


def _written(intervention: Intervention) -> dict[str, Any]:
    """Return an intervention's fields; the newer ones only where they say something."""
    return {name: value for name, value in asdict(intervention).items() if name in _FIRST_FIELDS or value is not None}


def _read(row: dict[str, Any]) -> Intervention:
    """Return the intervention of one row of JSON."""
    known = {field.name for field in fields(Intervention)}
    strange = sorted(set(row) - known)
    if strange:
        raise InterventionError(f"An intervention has no field {strange[0]!r}; it has {', '.join(sorted(known))}.")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    try:
        return Intervention(**given)
    except TypeError as error:
        raise InterventionError(f"The intervention {json.dumps(row)} cannot be read ({error}).") from None
