"""Loading scenarios: by name from the library or from a file, with overrides, and errors a person can act on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.foundation.errors import ScenarioError

LIBRARY = Path(__file__).parent / "scenarios"


def scenario_names() -> list[str]:
    """Return the names of the scenarios in the library."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def load_scenario(name: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of the library called `name`, or the one in the YAML file at that path.

    `overrides` maps dotted fields ("altar.cost") to values. Raises ScenarioError in one sentence.
    """
    path = _find(name)
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read as text ({error}); give a YAML scenario file.") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise ScenarioError(f"{path} holds no scenario: a scenario file maps fields such as 'steps' to their values.")
    if not overrides:
        return parse_scenario({"name": path.stem, **data}, str(path), text)
    for field, value in overrides.items():
        override(data, field, value)
    return parse_scenario({"name": path.stem, **data}, f"{path} with {', '.join(overrides)} set")


def parse_scenario(data: Mapping[str, Any], source: str = "scenario", text: str = "") -> Scenario:
    """Return the scenario that `data` describes, wholly checked; `text` lets errors name their line."""
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(explain(error, Scenario, source, text)) from None
    try:
        make_rules(scenario)
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from None
    return scenario


def override(data: dict[str, Any], field: str, value: Any) -> None:
    """Set the dotted `field` of nested mappings and lists to `value`, in place; ScenarioError where it has no place."""
    node: Any = data
    *parents, last = field.split(".")
    for part in parents:
        node = _child(node, part, field)
    if isinstance(node, dict):
        node[last] = value
    else:
        _child(node, last, field)
        node[int(last)] = value


def _child(node: Any, part: str, field: str) -> Any:
    """Return what `part` names within `node`; an absent mapping is made."""
    if isinstance(node, dict):
        child = node.setdefault(part, {})
        if isinstance(child, dict | list):
            return child
    elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    raise ScenarioError(
        f"--set {field}: {part!r} is no place in the scenario; name a field as its file has it: altar.cost."
    )


def _find(name: str | Path) -> Path:
    """Return the file of a scenario given by name or path."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise ScenarioError(
            f"There is no scenario file {path}; check it, or name one of {', '.join(scenario_names())}."
        )
    if str(name) in scenario_names():
        return LIBRARY / f"{name}.yaml"
    nearest = difflib.get_close_matches(str(name), scenario_names(), 1, 0.4)
    hint = f"did you mean {nearest[0]!r}? The" if nearest else "the"
    raise ScenarioError(
        f"There is no scenario {str(name)!r}; {hint} library has {', '.join(scenario_names())}; "
        f"the path of a .yaml file works too."
    )


def explain(error: ValidationError, model: type[BaseModel], source: str, text: str) -> str:
    """Return the first error of a validation as one sentence: file, line, field, what is allowed, what was given."""
    first = error.errors()[0]
    location = _without_tags(first["loc"])
    field = ".".join(str(part) for part in location)
    line = _line(text, location)
    where = f"{source}, line {line}" if line else source
    inner, sentence = _look_up(model, location)
    if first["type"] == "extra_forbidden":
        allowed = sorted(inner.model_fields)
        nearest = difflib.get_close_matches(str(location[-1]), allowed, 1, 0.4)
        hint = f"did you mean {nearest[0]!r}? Allowed" if nearest else "allowed"
        return f"{where}: there is no field {field!r}; {hint} here: {', '.join(allowed)}."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message[:1].lower() + message[1:]
    tells_all = first["type"] in ("missing", "value_error", "too_short", "too_long")
    given = "" if tells_all else f", not {first['input']!r:.60}"
    meaning = f" ({sentence.rstrip('.')})" if sentence and first["type"] != "value_error" else ""
    return f"{where}: {field + ': ' if field else ''}{message}{given}{meaning}."


def _without_tags(location: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return an error's location without what pydantic adds to it for the members of unions and for keys."""
    return tuple(part for part in location if not re.fullmatch(r"\[key\]|int|literal\[.*", str(part)))


def _look_up(model: type[BaseModel], location: Sequence[int | str]) -> tuple[type[BaseModel], str]:
    """Return the innermost model on the way to `location`, and the sentence that describes the field there."""
    current, sentence, within = model, "", False
    for part in location:
        if within:  # a place in a tuple or a name in a mapping, whose values are of the model `current`
            within = False
            continue
        if str(part) not in current.model_fields:
            break
        field = current.model_fields[str(part)]
        sentence = field.description or ""
        inner = _inner_model(field.annotation)
        if inner is None:
            break
        within, current = inner is not field.annotation, inner
    return current, sentence


def _inner_model(annotation: Any) -> Any:
    """Return the model within an annotation such as tuple[Model, ...] or dict[str, Model]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _inner_model(part)
        if found is not None:
            return found
    return None


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
