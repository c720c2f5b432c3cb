"""Interventions: changes to what agents say, hear, see, have in mind, do or are, as data that is frozen and checked.

They are written as JSON, and every recording says with them what was done to its episodes. How they are carried out:
`intervene`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from commlab.agents.sites import NEEDS, check_operation, room_of
from commlab.foundation.errors import InterventionError

__all__ = ["Eraser", "Intervention", "from_json", "to_json"]

_FIRST_FIELDS = ("site", "operation", "agents", "first", "last", "symbol", "kinship", "source")  # always written
MOST = 2**31 - 1  # of steps and episodes
_NUMBERS = ("agents", "speakers", "others")
_WHOLE = ("first", "last", "source", "delay", "value")


class Eraser(NamedTuple):
    """What takes a direction, or several, out of a hidden state x: x - ((x - bias) right') left'.

    This is the affine form of LEACE (Belrose et al. 2023, theorem 4.3): `left` and `right` make up its projection.
    """

    left: ArrayLike  # (H, k)
    right: ArrayLike  # (k, H)
    bias: ArrayLike  # (H,)


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

    At `hidden.<hook point>` (`hidden.core`, `hidden.encoder`) it is made to hidden states, which go on from there:

    - mute: zeros; set: `vector`; add: plus `vector`; erase: what `eraser` takes out is gone;
    - patch: the hidden state of the same agent at the same step of another episode (`source`).

    At `kinship` (set) it is made to what agents are shown of their `kinship` with `others`, seen or heard; what they
    are paid stays as it is. At `world.kinship` (set) it is the kinship itself, of whole kin groups: paid and shown.

    At `observation`: mute (nothing is seen; what is felt of oneself and heard stays), set (the column `field` of one's
    own state reads `value`), patch (all that is seen and felt at the same step of another episode, not what is heard).

    At `action`: mute (they stay), set (the action's number, `value`), noise (with `chance` another that their body
    has), replay (what they did at the same step of another episode).

    At `world.energy`, `world.shield`, `world.frozen` (set): `value`; energy comes from outside, or goes there.
    """

    site: str
    operation: str
    agents: tuple[int, ...] | None = None  # None: all
    first: int = 0  # step
    last: int | None = None  # the last step, None: to the end
    symbol: int | tuple[int, ...] | None = None
    kinship: float = 1.0
    source: int | None = None  # episode to replay, or to patch from
    speakers: tuple[int, ...] | None = None  # None: everyone, phantoms included
    delay: int | None = None  # steps
    chance: float | None = None
    others: tuple[int, ...] | None = None  # with whom the kinship is set; None: with everyone else
    field: str | None = None  # of an agent's own state: "energy", "row"
    value: int | None = None
    vector: tuple[float, ...] | None = None  # (H,)
    eraser: Eraser | None = None

    def __post_init__(self) -> None:
        check_operation(self.site, self.operation)
        self._check_types()
        for need in NEEDS:
            if (getattr(self, need.name) is not None) != need.wanted(self.site, self.operation):
                room = room_of(self.site)
                operations = [operation for where, operation in need.where if where in (room, self.site)]
                raise InterventionError(
                    f"An intervention has a {need.name} if, and only if, its operation is "
                    f"{' or '.join(map(repr, operations)) or 'one that needs it'}; at {self.site} it is "
                    f"{self.operation!r}."
                )
        self._check_values()
        self._freeze()

    def _check_types(self) -> None:
        """Raise InterventionError for fields of another type."""
        for name in _NUMBERS:
            given = getattr(self, name)
            if given is not None and not (isinstance(given, tuple) and all(_is_whole(one) for one in given)):
                raise InterventionError(f"An intervention's {name} are a list of agents' numbers, not {given!r}.")
        for name in _WHOLE:
            given = getattr(self, name)
            if given is not None and not _is_whole(given):
                raise InterventionError(f"An intervention's {name} is a whole number, not {given!r}.")
            if given is not None and given > MOST:
                raise InterventionError(f"An intervention's {name} is {MOST} at most, not {given}.")
        for name in ("kinship", "chance"):
            given = getattr(self, name)
            if given is not None and (isinstance(given, bool) or not isinstance(given, int | float)):
                raise InterventionError(f"An intervention's {name} is a number, not {given!r}.")

    def _check_values(self) -> None:
        """Raise InterventionError for numbers that no world has."""
        for symbol in self.message:
            if not _is_whole(symbol) or not 0 <= symbol <= 255:
                raise InterventionError(f"An intervention's symbol lies in 0 to 255, 0 being silence, not {symbol!r}.")
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
        if self.value is not None and not -(2**15) <= self.value < 2**15:
            raise InterventionError(f"An intervention's value lies in -32768 to 32767, not {self.value}.")
        if self.source is not None and self.source < 0:
            raise InterventionError(f"An intervention's source is an episode's number, 0 or more, not {self.source}.")
        if self.speakers is not None and (self.site != "message.in" or self.operation == "inject"):
            raise InterventionError(
                f"Speakers are named where what is heard of them is changed; at {self.site}, to {self.operation}, "
                f"leave them out."
            )
        if self.others is not None and self.site not in ("kinship", "world.kinship"):
            raise InterventionError(f"Others are named where kinship with them is set; at {self.site}, leave them out.")

    def _freeze(self) -> None:
        """Turn arrays into tuples, so that the intervention can be compared and written as JSON."""
        for name in _NUMBERS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(int(one) for one in getattr(self, name)))
        if self.vector is not None:
            object.__setattr__(self, "vector", _numbers(self.vector, "vector", 1))
        if self.eraser is not None:
            left, right, bias = self.eraser
            frozen = Eraser(_numbers(left, "eraser", 2), _numbers(right, "eraser", 2), _numbers(bias, "eraser", 1))
            shapes = [np.shape(part) for part in frozen]
            if shapes[0] != shapes[1][::-1] or shapes[2] != shapes[0][:1]:
                raise InterventionError(
                    f"An eraser is left (H, k), right (k, H) and bias (H), not of the shapes {shapes}."
                )
            object.__setattr__(self, "eraser", frozen)

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
    except (ValueError, RecursionError):
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
        if given.get("eraser") is not None:
            given["eraser"] = Eraser(*given["eraser"])
        return Intervention(**given)
    except TypeError as error:
        raise InterventionError(f"The intervention {json.dumps(row):.300} cannot be read ({error}).") from None


def _is_whole(value: object) -> bool:
    """Return whether a value is a whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _numbers(values: ArrayLike, name: str, n_axes: int) -> Any:
    """Return an array of numbers as nested tuples. Raises InterventionError where it is none, or holds NaN."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != n_axes or array.size == 0 or not all(math.isfinite(value) for value in array.ravel()):
        raise InterventionError(f"An intervention's {name} holds finite numbers on {n_axes} axes, such as H of them.")
    return tuple(array.tolist()) if n_axes == 1 else tuple(tuple(row) for row in array.tolist())
