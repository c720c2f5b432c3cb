"""Loading scenarios: by name from the library or from a file, with overrides, and errors a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from commlab.env.explaining import explain, named_field, place
from commlab.env.parameters import Parameter, family_member, without_parameter
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.foundation.errors import ScenarioError

LIBRARY = Path(__file__).parent / "scenarios"


def scenario_names() -> list[str]:
    """Return the names of the scenarios in the library; of families without the numbers of their members."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def scenario_parameter(name: str | Path) -> Parameter | None:
    """Return what makes the scenario of a name or path a family, None where it is none; raises ScenarioError."""
    path, _ = _find(name)
    data, text = _read(path)
    return _parameter(data, str(path), text)


def load_scenario(name: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of the library called `name`, or the one in the YAML file at that path.

    A family's member is named by its number: "memory-7". `overrides` maps dotted fields ("altar.cost") to values.
    Raises ScenarioError in one sentence.
    """
    path, number = _find(name)
    data, text = _read(path)
    source = str(path)
    parameter = _parameter(data, source, text)
    data = {"name": path.stem, **without_parameter(data)}
    if number is not None:
        _be_member(data, parameter, number, place(source, text, ("parameter", "sets")))
        source = f"{path} as {data['name']}"
    for field, value in (overrides or {}).items():
        override(data, field, value)
    if overrides:
        return parse_scenario(data, f"{source} with {', '.join(overrides)} set")
    return parse_scenario(data, source, text)


def parse_scenario(data: Mapping[str, Any], source: str = "scenario", text: str = "") -> Scenario:
    """Return the scenario that `data` describes, wholly checked; `text` lets errors name their line."""
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(explain(error, Scenario, source, text)) from None
    try:
        make_rules(scenario)
    except ScenarioError as error:
        raise ScenarioError(f"{place(source, text, named_field(str(error)))}: {error}") from None
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


def _find(name: str | Path) -> tuple[Path, int | None]:
    """Return the file of a scenario given by name or path, and the number of a family's member."""
    path, known = Path(name), scenario_names()
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path, None
        raise ScenarioError(f"There is no scenario file {path}; check it, or name one of {', '.join(known)}.")
    if str(name) in known:
        return LIBRARY / f"{name}.yaml", None
    member = family_member(str(name))
    if member and member[0] in known:
        return LIBRARY / f"{member[0]}.yaml", member[1]
    nearest = difflib.get_close_matches(str(name), known, 1, 0.4)
    hint = f"did you mean {nearest[0]!r}? The" if nearest else "the"
    raise ScenarioError(
        f"There is no scenario {str(name)!r}; {hint} library has {', '.join(known)}; "
        f"the path of a .yaml file works too."
    )


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a scenario file holds, and its text; ScenarioError where it is no mapping in YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read as text ({error}); give a YAML scenario file.") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise ScenarioError(f"{path} holds no scenario: a scenario file maps fields such as 'steps' to their values.")
    return data, text


def _parameter(data: Mapping[str, Any], source: str, text: str) -> Parameter | None:
    """Return what makes a file's scenario a family; ScenarioError where that is wrongly described."""
    if data.get("parameter") is None:
        return None
    try:
        return Parameter.model_validate(data["parameter"])
    except ValidationError as error:
        raise ScenarioError(explain(error, Parameter, source, text, ("parameter",))) from None


def _be_member(data: dict[str, Any], parameter: Parameter | None, number: int, where: str) -> None:
    """Make the data of a family those of its member of a number, in place; ScenarioError where there is none."""
    family = data["name"]
    if parameter is None:
        raise ScenarioError(f"There is no scenario '{family}-{number}'; {family!r} is no family of numbered ones.")
    if not parameter.first <= number <= parameter.last:
        raise ScenarioError(
            f"There is no scenario '{family}-{number}'; the members of {family!r} are {family}-{parameter.first} to "
            f"{family}-{parameter.last}."
        )
    for field in parameter.sets:
        try:
            override(data, field, number)
        except ScenarioError:
            raise ScenarioError(
                f"{where}: parameter.sets: {field!r} is no place in the scenario; name a field as its file has it: "
                "crystals.0.count."
            ) from None
    data["name"] = f"{family}-{number}"
