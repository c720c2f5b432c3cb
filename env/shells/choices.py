"""What agents choose, as users of the shells give it: checked, and written into the arrays that a batch takes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.env.scenario import Scenario
from commlab.env.types import Bytes

_FORM = "{'action': number, 'message': symbols}"


def read_choice(agent: str, choice: Any, scenario: Scenario) -> tuple[int, list[int]]:
    """Return an agent's action and message, silence where it gives no message; ValueError where either is wrong."""
    if not isinstance(choice, Mapping) or "action" not in choice or not set(choice) <= {"action", "message"}:
        raise ValueError(f"agent {agent!r} must choose {_FORM} (without a message it is silent), not {choice!r:.60}")
    n_actions, channel = scenario.n_actions, scenario.channel
    action = _whole(choice["action"])
    if action is None or not 0 <= action < n_actions:
        raise ValueError(
            f"agent {agent!r}: action must be a whole number from 0 to {n_actions - 1}, not {choice['action']!r:.60}; "
            f"its action_mask tells what its body can do, and 0 is to stay"
        )
    message = [0] * channel.length if choice.get("message") is None else _wholes(choice["message"])
    if message is None or len(message) != channel.length or not all(0 <= s < channel.vocabulary for s in message):
        raise ValueError(
            f"agent {agent!r}: message must be {channel.length} whole number(s) from 0 (silence) to "
            f"{channel.vocabulary - 1}, not {choice['message']!r:.60}; leave it out for silence"
        )
    return action, message


def read_choices(
    choices: Any, scenario: Scenario, name_of: Callable[[int], str], actions: Bytes, messages: Bytes
) -> None:
    """Check the choices of all rows and write them to `actions` (W, A) and `messages` (W, A, L); ValueError if wrong.

    `choices` holds "action" (rows,) and, unless all are silent, "message" (rows, L); `name_of` tells whose a row is.
    """
    if not isinstance(choices, Mapping) or "action" not in choices or not set(choices) <= {"action", "message"}:
        raise ValueError(
            f"actions must be {_FORM}, each an array (without messages all are silent), not {choices!r:.60}"
        )
    rows = (actions.size,)
    _read(choices["action"], "action", rows, scenario.n_actions, name_of, actions)
    if choices.get("message") is None:
        messages[...] = 0
        return
    shape = (*rows, scenario.channel.length)
    _read(choices["message"], "message", shape, scenario.channel.vocabulary, name_of, messages)


def read_number(name: str, given: Any) -> int:
    """Return a seed or the number of an episode; ValueError where it is none."""
    number = _whole(given)
    if number is None or not 0 <= number < 2**63:
        raise ValueError(f"{name} must be a whole number from 0 to 2**63 - 1, not {given!r:.60}")
    return number


def _read(
    given: Any, field: str, shape: tuple[int, ...], limit: int, name_of: Callable[[int], str], out: Bytes
) -> None:
    """Check an array of whole numbers below `limit` and write it to `out`."""
    array: NDArray[Any] = np.asarray(given)
    if array.shape != shape or array.dtype.kind not in "iu":
        raise ValueError(
            f"{field} must be an array of whole numbers of shape {shape}, not of {array.dtype} and shape {array.shape}"
        )
    if array.min() < 0 or array.max() >= limit:
        row, *_ = np.argwhere((array < 0) | (array >= limit))[0]
        raise ValueError(
            f"row {row} ({name_of(int(row))}): {field} must lie in 0 to {limit - 1}, not {array[row]}; "
            f"sample the action space, or clip"
        )
    out[...] = array.reshape(out.shape)


def _whole(given: Any) -> int | None:
    """Return a whole number (of Python, numpy or an array of one without axes), None where it is none."""
    try:
        return operator.index(given)
    except TypeError:
        return None


def _wholes(given: Any) -> list[int] | None:
    """Return the whole numbers of a sequence or an array with one axis, None where it is none."""
    try:
        array = np.asarray(given)
    except ValueError:
        return None
    return array.tolist() if array.ndim == 1 and array.dtype.kind in "iu" else None
