"""Errors in scenarios and other settings as sentences: file, line, field, what is allowed, what was given."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError


def explain(
    error: ValidationError, model: type[BaseModel], source: str, text: str, within: tuple[int | str, ...] = ()
) -> str:
    """Return the first error of a validation as one sentence: file, line, field, what is allowed, what was given.

    `within` is the field of the file that holds what was validated.
    """
    first = error.errors()[0]
    location = _without_tags(first["loc"])
    field = ".".join(str(part) for part in (*within, *location))
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    where = place(source, text, (*within, *(location or named_field(message))))
    inner, sentence = _look_up(model, location)
    if first["type"] == "extra_forbidden":
        allowed = sorted(field.alias or name for name, field in inner.model_fields.items())
        nearest = difflib.get_close_matches(str(location[-1]), allowed, 1, 0.4)
        hint = f"did you mean {nearest[0]!r}? Allowed" if nearest else "allowed"
        return f"{where}: there is no field {field!r}; {hint} here: {', '.join(allowed)}."
    message = message[:1].lower() + message[1:]
    tells_all = first["type"] in ("missing", "value_error", "too_short", "too_long")
    given = "" if tells_all else f", not {first['input']!r:.60}{_nearest(first)}"
    meaning = f" ({sentence.rstrip('.')})" if sentence else ""
    return f"{where}: {field + ': ' if field else ''}{message}{given}{meaning}."


def _nearest(error: Any) -> str:
    """Return the nearest of the names that are allowed where an error names another one, as a part of a sentence."""
    if error["type"] != "literal_error":
        return ""
    allowed = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
    nearest = difflib.get_close_matches(str(error["input"]), allowed, 1, 0.5)
    return f"; the nearest is {nearest[0]!r}" if nearest else ""


def named_field(message: str) -> tuple[int | str, ...]:
    """Return the location of the field with which an error's sentence begins ("kinship.size: …"), if it does."""
    found = re.match(r"[a-z_]+(\.\w+)*(?=[: ])", message)
    return tuple(int(part) if part.isdecimal() else part for part in found[0].split(".")) if found else ()


def _without_tags(location: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return an error's location without what pydantic adds to it for the members of unions and for keys."""
    return tuple(part for part in location if not re.fullmatch(r"\[key\]|int|literal\[.*", str(part)))


def _look_up(model: type[BaseModel], location: Iterable[int | str]) -> tuple[type[BaseModel], str]:
    """Return the innermost model on the way to `location`, and the sentence that describes the field there."""
    current, sentence, within = model, "", False
    for part in location:
        if within:  # a place in a tuple or a name in a mapping, whose values are of the model `current`
            within = False
            continue
        fields = {field.alias or name: field for name, field in current.model_fields.items()}
        if str(part) not in fields:
            break
        field = fields[str(part)]
        sentence = field.description or ""
        inner = _inner_model(field.annotation)
        if inner is None:
            break
        within, current = not _is_model(field.annotation), inner
    return current, sentence


def _is_model(annotation: Any) -> bool:
    """Return whether an annotation is a model, or one or none."""
    return any(isinstance(part, type) and issubclass(part, BaseModel) for part in (annotation, *_members(annotation)))


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, nothing of other annotations."""
    return tuple(annotation.__args__) if isinstance(annotation, UnionType) else ()


def _inner_model(annotation: Any) -> Any:
    """Return the model within an annotation such as tuple[Model, ...] or dict[str, Model]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _inner_model(part)
        if found is not None:
            return found
    return None


def place(source: str, text: str, location: Sequence[int | str]) -> str:
    """Return the source of a scenario, with the line of the field at `location` or of the nearest thing around it."""
    line = _line(text, location)
    return f"{source}, line {line}" if line else source


def _line(text: str, location: Sequence[int | str]) -> int | None:
    """Return the line of `text` at which the field at `location`, or the nearest thing around it, is written."""
    node = yaml.compose(text, Loader=yaml.SafeLoader) if text else None
    line = None
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
