"""What the text of a saved result must be: JSON of finite numbers, each field of its own type.

Results are read by figures, the report and the replay; a file that is damaged, or was edited by hand, is refused here.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["checked", "parsed"]

TEXTS = ("analysis", "name", "unit", "sentence")
TABLES = ("details", "provenance")
NULL = ("mean", "low", "high")
LONGEST_NAME = 200  # bytes: figures are files of that name with an ending


def parsed(text: str) -> Any:
    """The text as JSON. Raises ValueError where it is none, is nested too deeply, or holds NaN or infinities."""
    try:
        return json.loads(text, parse_float=finite, parse_constant=finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def finite(text: str) -> float:
    """The number. Raises ValueError where it is NaN or infinite."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} stands for a number")
    return value


def checked(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a result, if each is of its type. Raises ValueError, naming the field, where one is not."""
    for key in TEXTS:
        need(isinstance(data[key], str), key, "is not a text")
    name = data["name"]
    plain = name.isprintable() and not set(name) & set("/\\") and name.strip(".")
    need(plain and len(name.encode()) <= LONGEST_NAME, "name", "is not the name of a file")
    for key in TABLES:
        need(isinstance(data.get(key, {}), dict), key, "is not a table")
    need(is_whole(data["n_episodes"]) and data["n_episodes"] >= 0, "n_episodes", "is not a number of episodes")
    for key in ("estimate", "p_value"):
        need(data[key] is None or is_number(data[key]), key, "is not a number")
    need(data["p_value"] is None or 0 <= data["p_value"] <= 1, "p_value", "is not between 0 and 1")
    ends, null = data["interval"], data["null"]
    need(ends is None or (isinstance(ends, list) and len(ends) == 2 and all(map(is_number, ends))), "interval",
         "is not two numbers")  # fmt: skip
    need(null is None or isinstance(null, dict), "null", "is not a table")
    if null is not None:
        need(isinstance(null["method"], str), "null.method", "is not a text")
        need(is_whole(null["n_draws"]), "null.n_draws", "is not a whole number")
        for key in NULL:
            need(is_number(null[key]), f"null.{key}", "is not a number")
    return data


def need(holds: object, field: str, complaint: str) -> None:
    """Raise ValueError, naming the field, unless something holds."""
    if not holds:
        raise ValueError(f"its field {field} {complaint}")


def is_whole(value: object) -> bool:
    """Whether a value is a whole number that computers count with."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def is_number(value: object) -> bool:
    """Whether a value is a number."""
    return isinstance(value, float) or is_whole(value)
