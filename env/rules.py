"""From a scenario to the rules that kernels follow."""

from __future__ import annotations

import numpy as np

from commlab.env.kinship import kinship_matrix
from commlab.env.maps import Map, near_first, read_map
from commlab.env.scenario import KINDS, Body, Crystal, Scenario, action_number
from commlab.env.types import Action, Cell, Rules
from commlab.foundation.errors import ScenarioError


def make_rules(scenario: Scenario) -> Rules:
    """Return the kernels' rules of a scenario; ScenarioError where its parts do not fit together."""
    plan = read_map(scenario.map)
    _check_room(scenario, plan)
    crystals = [crystal for crystal in scenario.crystals for _ in range(crystal.count)]
    bodies = list(scenario.bodies.values())
    starts = _starts(scenario, plan)
    return Rules(
        n_steps=scenario.steps,
        start_grid=plan.grid,
        start_kind=np.array([*(int(o[0]) for o in plan.objects), *map(_cell, crystals)], dtype=np.uint8),
        start_object_row=np.array([*(o[1] for o in plan.objects), *(-1 for _ in crystals)], dtype=np.int16),
        start_object_column=np.array([*(o[2] for o in plan.objects), *(-1 for _ in crystals)], dtype=np.int16),
        sites=plan.sites,
        max_stock=_of_objects(plan, [c.stock for c in crystals], np.int16),
        moves=_of_objects(plan, [c.moves or c.stay > 0 for c in crystals], np.bool_),
        stay=_of_objects(plan, [c.stay for c in crystals], np.int16),
        regrow=_of_objects(plan, [c.regrow for c in crystals], np.int16),
        value=np.array([scenario.values.get(kind, 0) for kind in KINDS], dtype=np.int32),
        bump=scenario.bump,
        yields_energy=scenario.yields == "energy",
        altar_cost=scenario.altar.cost,
        altar_reward=scenario.altar.reward,
        altar_cooldown=scenario.altar.cooldown,
        recipes=np.array(
            [[recipe.get(kind, 0) for kind in KINDS] for recipe in scenario.converter.recipes], dtype=np.int16
        ).reshape(-1, len(KINDS)),
        converter_cooldown=scenario.converter.cooldown,
        body=np.array([scenario.body_names.index(name) for name in scenario.agent_bodies], dtype=np.uint8),
        start_row=np.array([row for row, _ in starts], dtype=np.int16),
        start_column=np.array([column for _, column in starts], dtype=np.int16),
        sight=np.array([body.view for body in bodies], dtype=np.int16),
        hearing=np.array([-1 if body.hearing == "everywhere" else body.hearing for body in bodies], dtype=np.int16),
        may=np.array([_abilities(body) for body in bodies]),
        start_energy=np.array([body.start_energy for body in bodies], dtype=np.int32),
        max_energy=np.array([body.max_energy for body in bodies], dtype=np.int32),
        carry=np.array([body.carry for body in bodies], dtype=np.int16),
        move_cost=np.array([body.move_cost for body in bodies], dtype=np.int32),
        use_cost=np.array([body.use_cost for body in bodies], dtype=np.int32),
        talk_cost=np.array([body.talk_cost for body in bodies], dtype=np.int32),
        carrying=scenario.start.carrying,
        kinship=kinship_matrix(scenario.kinship, scenario.n_agents),
        normalise=scenario.kinship.normalise,
        reservoir=scenario.reservoir,
        tell_position=scenario.observation.own_position,
        tell_direction=scenario.channel.direction,
        offsets=near_first(),
    )


def _cell(crystal: Crystal) -> int:
    return int(Cell[f"CRYSTAL_{crystal.kind.upper()}"])


def _of_objects(plan: Map, of_crystals: list[int] | list[bool], dtype: type) -> np.ndarray:
    """Return a property of all objects: zeros for what the map fixes, then the crystals' own."""
    return np.array([*(0 for _ in plan.objects), *of_crystals], dtype=dtype)


def _abilities(body: Body) -> np.ndarray:
    """Return which actions a body has, (n_actions,) bool."""
    may = np.zeros(len(Action), dtype=np.bool_)
    may[[action_number("stay"), *(action_number(name) for name in body.actions)]] = True
    return may


def _starts(scenario: Scenario, plan: Map) -> list[tuple[int, int]]:
    """Return where each agent begins, (-1, -1) for anywhere; a mark's places are taken in reading order."""
    left = {mark: list(places) for mark, places in plan.marks.items()}
    starts: list[tuple[int, int]] = []
    for group in scenario.agents:
        for _ in range(group.count):
            if group.start is None:
                starts.append((-1, -1))
            elif left.get(group.start):
                starts.append(left[group.start].pop(0))
            else:
                raise ScenarioError(
                    f"agents: more agents start at {group.start!r} than the map has places marked so "
                    f"({len(plan.marks.get(group.start, ()))}); draw more of them or lower the count."
                )
    return starts


def _check_room(scenario: Scenario, plan: Map) -> None:
    """Raise ScenarioError where crystals or agents do not fit on the map."""
    wanted = sum(crystal.count for crystal in scenario.crystals)
    if wanted > len(plan.sites):
        raise ScenarioError(
            f"crystals: {wanted} crystals need as many sites, and the map has {len(plan.sites)}; draw more o."
        )
    if any(c.moves or c.stay for c in scenario.crystals) and len(plan.sites) <= wanted:
        raise ScenarioError(
            f"crystals: moving crystals need a free site beside the {wanted} they fill; draw another o."
        )
    free = int((plan.grid == Cell.EMPTY).sum()) - len(plan.objects) - wanted
    if scenario.n_agents > free:
        raise ScenarioError(f"agents: {scenario.n_agents} agents do not fit on {free} free cells; draw a larger map.")
