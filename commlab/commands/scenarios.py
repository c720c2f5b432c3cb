"""`commlab scenarios`: the library of worlds, and one of them in words, on the terminal, in pictures and films."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from commlab.commands.play import Play, begin, map_size, play_out
from commlab.commands.train import parse_settings
from commlab.console import out, print_json, table
from commlab.env.loading import load_scenario, scenario_names
from commlab.env.render.text import render_text
from commlab.env.scenario import Kinship, PriceName, Scenario

__all__ = ["list_scenarios", "show_scenario"]

_WIDE = 2  # characters a cell, where the terminal has room
_VERBS: dict[PriceName, tuple[str, ...]] = {
    "move": ("north", "east", "south", "west"),
    "use": ("use",),
    "attack": ("attack",),
    "shield": ("shield",),
    "give": ("give",),
    "build": ("build_wall", "build_converter", "build_beacon", "dismantle"),
    "bond": ("bond",),
}
_OF_STRUCTURE: dict[str, tuple[str, ...]] = {
    "selfish": (),
    "cooperative": ("share",),
    "teams": ("size", "share"),
    "clans": ("size", "share", "clan", "clan_share"),
    "families": ("pedigree",),
    "hive": ("queen", "share"),
    "random": ("share", "symmetric"),
    "matrix": ("matrix",),
}
Row = tuple[str, Any, str]


def list_scenarios(as_json: bool) -> None:
    """Print every scenario of the library with its title."""
    found = [load_scenario(name) for name in scenario_names()]
    if as_json:
        print_json({"scenarios": [_summary(scenario) for scenario in found]})
        return
    rows = [(s.name, s.title, s.n_agents, s.steps, "{} x {}".format(*map_size(s))) for s in found]
    table("Scenarios", ("name", "title", "agents", "steps", "map"), rows)


def _summary(scenario: Scenario) -> dict[str, Any]:
    """Return what the list tells of a scenario."""
    rows, columns = map_size(scenario)
    return {
        "name": scenario.name, "title": scenario.title, "agents": scenario.n_agents, "steps": scenario.steps,
        "rows": rows, "columns": columns,
    }  # fmt: skip


def show_scenario(name: str, play: Play, settings: Sequence[str], as_json: bool) -> None:
    """Play an episode as far as is wanted, then print or write what is asked for."""
    scenario = load_scenario(name, parse_settings(settings))
    files = {kind: str(path) for kind, path in (("picture", play.picture), ("film", play.film)) if path is not None}
    if as_json and not files:
        print_json(scenario.model_dump(mode="json"))
        return
    batch = begin(scenario, play)
    played = play_out(batch, play)
    if as_json:
        print_json({**scenario.model_dump(mode="json"), "played": played, **files})
        return
    if files:
        out.print(f"Played {played} steps of {scenario.name}; wrote {' and '.join(files.values())}.", markup=False)
        return
    out.print(f"{scenario.title}\n", markup=False, style="bold")
    out.print(scenario.about.strip(), markup=False)
    out.print(f"\nEpisode {play.episode} of seed {play.seed}, after {played} steps:\n", markup=False)
    width = _WIDE if _WIDE * map_size(scenario)[1] <= out.width else 1
    out.print(render_text(batch.world, batch.rules, scenario, 0, width, colour=True))
    out.print("")
    _tables(scenario)


def _tables(scenario: Scenario) -> None:
    """Print who and what a scenario is made of."""
    n, rows = 0, []
    for group in scenario.agents:
        numbers = str(n) if group.count == 1 else f"{n} to {n + group.count - 1}"
        rows.append((numbers, group.body, str(group.family), group.start or "anywhere"))
        n += group.count
    table("Agents", ("agent", "body", "family", "start"), rows)
    bodies = [
        (name, str(body.view), str(body.hearing), str(body.carry), str(body.start_energy), str(body.max_energy),
         " ".join(body.actions))
        for name, body in scenario.bodies.items()
    ]  # fmt: skip
    table("Bodies", ("body", "view", "hearing", "carries", "starts with J", "holds J", "actions"), bodies)
    columns = ("field", "value", "meaning")
    table("World", columns, [*_world(scenario), *_things(scenario)])
    table("Prices", columns, _prices(scenario))
    table("Kinship", columns, _kinship(scenario))
    table("Channel", columns, _fields("channel", scenario.channel))


def _world(scenario: Scenario) -> Iterable[Row]:
    """Yield the fields of the world as a whole."""
    yield from _fields("", scenario, ("steps", "reservoir", "inflow", "yields"))
    for kind, amount in scenario.values.items():
        if any(crystal.kind == kind for crystal in scenario.crystals) or kind in str(scenario.converter.recipes):
            yield f"values.{kind}", str(amount), f"Joules in a unit of {kind}."
    for n, crystal in enumerate(scenario.crystals):
        moves = ", moving" if crystal.moves else f", a unit back in {crystal.regrow} steps"
        yield f"crystals.{n}", f"{crystal.count} {crystal.kind}", f"Each of {crystal.stock} units{moves}."
    yield from _fields("end", scenario.end)
    yield from _fields("observation", scenario.observation)


def _things(scenario: Scenario) -> Iterable[Row]:
    """Yield the fields of what stands on the map, or may be built or broken."""
    actions = _actions(scenario)
    drawn, layout = scenario.map or "", scenario.layout
    yield from _fields("altar", scenario.altar)
    if "C" in drawn or (layout and layout.converters) or "build_converter" in actions:
        yield from _fields("converter", scenario.converter)
    if "B" in drawn or (layout and layout.beacons) or "build_beacon" in actions:
        yield from _fields("beacon", scenario.beacon)
    if scenario.berries is not None:
        yield from _fields("berries", scenario.berries)
    if actions & {"attack", "build_wall", "dismantle"}:
        yield from _fields("wall", scenario.wall)
    if "attack" in actions:
        yield from _fields("combat", scenario.combat)
    if "give" in actions:
        yield from _fields("", scenario, ("gift",))


def _prices(scenario: Scenario) -> list[Row]:
    """Return the prices of what any body can do; every body can talk."""
    actions = _actions(scenario)
    rows: list[Row] = []
    for name, amount, meaning in _fields("prices", scenario.prices):
        price = name.removeprefix("prices.")
        if price == "talk" or actions & set(_VERBS[price]):  # type: ignore[index]
            times = [f"{body} x {b.costs[price]:g}" for body, b in scenario.bodies.items() if price in b.costs]
            rows.append((name, ", ".join([amount, *times]), meaning))
    return rows


def _kinship(scenario: Scenario) -> list[Row]:
    """Return the fields of kinship that matter in its structure."""
    bonds = ("bond_share", "bond_steps") if "bond" in _actions(scenario) else ()
    names = ("structure", *_OF_STRUCTURE[scenario.kinship.structure], "normalise", "hidden", "noise", *bonds)
    meaning = {"structure": "Who is rewarded for whom.", **_meanings(Kinship)}
    return [(f"kinship.{name}", _text(getattr(scenario.kinship, name)), meaning[name]) for name in names]


def _actions(scenario: Scenario) -> set[str]:
    """Return what any body can do."""
    return {action for body in scenario.bodies.values() for action in body.actions}


def _fields(prefix: str, model: BaseModel, names: Sequence[str] | None = None) -> list[Row]:
    """Return fields of a model with their values and meanings, named as files and --set have them."""
    meanings = _meanings(type(model))
    stem = f"{prefix}." if prefix else ""
    return [(stem + name, _text(getattr(model, name)), meanings[name]) for name in names or meanings]


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentence of every field that has one."""
    return {name: field.description for name, field in model.model_fields.items() if field.description}


def _text(value: Any) -> str:
    """Return a value as files have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " + ".join(f"{count} {kind}" for kind, count in value.items())
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(_text(part) for part in value) or "none"
    return "none" if value is None else str(value)
