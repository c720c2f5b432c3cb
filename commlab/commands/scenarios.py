"""`commlab scenarios`: the library of worlds, and one of them in full."""

from __future__ import annotations

from commlab.console import out, print_json, table
from commlab.env.loading import load_scenario, scenario_names

__all__ = ["list_scenarios", "show_scenario"]


def list_scenarios(as_json: bool) -> None:
    """Print every scenario of the library with its title."""
    found = [load_scenario(name) for name in scenario_names()]
    if as_json:
        print_json({"scenarios": [{"name": s.name, "title": s.title, "agents": s.n_agents} for s in found]})
        return
    rows = [(s.name, s.title, s.n_agents, s.steps) for s in found]
    table("Scenarios", ("name", "title", "agents", "steps"), rows)


def show_scenario(name: str, as_json: bool) -> None:
    """Print one scenario: what it is for, its map, and what sets it apart."""
    scenario = load_scenario(name)
    if as_json:
        print_json(scenario.model_dump(mode="json"))
        return
    out.print(f"{scenario.title}\n", markup=False, style="bold")
    out.print(scenario.about.strip(), markup=False)
    out.print(f"\n{scenario.map.strip()}\n", markup=False)
    out.print("# wall   o site   A altar   C converter   other signs: where agents start\n", markup=False)
    rows = [(group.body, group.count, group.family, group.start or "anywhere") for group in scenario.agents]
    table("Agents", ("body", "count", "family", "start"), rows)
    facts = [
        ("steps in an episode", scenario.steps),
        ("symbols (0 is silence)", scenario.channel.vocabulary),
        ("kinship", scenario.kinship.structure),
        ("altar cost (J)", scenario.altar.cost),
    ]
    table("World", ("what", "value"), [(what, str(value)) for what, value in facts])
