"""Loading scenarios: by name from the library or from a file, with overrides, and errors a person can act on."""

from __future__ import annotations

import difflib
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
        raise ScenarioError(f"{path} holds no scenario: a scenario file is a mapping of fields such as 'steps' and 'map'.")
    for field, value in (overrides or {}).items():
        override(data, field, value)
    return parse_scenario({"name": path.stem, **data}, str(path), text)


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
    """Set the dotted `field` of nested mappings and lists to `value`, in place; ScenarioError where there is no such place."""
    node: Any = data
    parts = field.split(".")
    for part in parts[:-1]:
        node = _child(node, part, field)
    if isinstance(node, list):
        _child(node, parts[-1], field)
        node[int(parts[-1])] = value
    else:
        node[parts[-1]] = value


def _child(node: Any, part: str, field: str) -> Any:
    """Return what `part` names within `node`; an absent mapping is made."""
    if isinstance(node, dict):
        child = node.setdefault(part, {})
        if isinstance(child, dict | list):
            return child
    elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    raise ScenarioError(f"--set {field}: {part!r} is no place in the scenario; write fields as in its file, such as altar.cost=50.")


def _find(name: str | Path) -> Path:
    """Return the file of a scenario given by name or path."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise ScenarioError(f"There is no scenario file {path}; check the path, or name one of {', '.join(scenario_names())}.")
    if str(name) in scenario_names():
        return LIBRARY / f"{name}.yaml"
    nearest = difflib.get_close_matches(str(name), scenario_names(), 1, 0.4)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise ScenarioError(
        f"There is no scenario {str(name)!r}; {hint}The library has {', '.join(scenario_names())}; a path to a .yaml file works too."
    )


def explain(error: ValidationError, model: type[BaseModel], source: str, text: str) -> str:
    """Return the first error of a validation as one sentence: file, line, field, what is allowed, what was given."""
    first = error.errors()[0]
    location = first["loc"]
    field = ".".join(str(part) for part in location)
    line = _line(text, location)
    where = f"{source}, line {line}" if line else source
    if first["type"] == "extra_forbidden":
        allowed = _fields(model, location[:-1])
        nearest = difflib.get_close_matches(str(location[-1]), allowed, 1, 0.4)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        return f"{where}: there is no field {field!r}; {hint}Allowed here: {', '.join(allowed)}."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message[:1].lower() + message[1:]
    given = f", not {first['input']!r:.60}" if first["type"] not in ("missing", "value_error") else ""
    return f"{where}: {field + ': ' if field else ''}{message}{given}."


def _fields(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the field names that the model allows at `location`."""
    current: Any = model
    for part in location:
        if isinstance(part, str) and part in getattr(current, "model_fields", {}):
            current = _inner_model(current.model_fields[part].annotation)
    return sorted(current.model_fields) if current is not None else []


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
