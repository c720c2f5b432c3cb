"""From a scenario to the rules that kernels follow."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.amounts import Whole, always
from commlab.env.ground.fitting import check_fit
from commlab.env.ground.layouts import make_maps
from commlab.env.ground.maps import Map, read_map
from commlab.env.groups import kin_groups, team_size
from commlab.env.scenario import KINDS, Body, Scenario, action_number
from commlab.env.senses.sight import view_tables
from commlab.env.types import KINSHIP_STEPS, VIEW, Bools, Cell, Number, Price, Rules, Trait
from commlab.foundation.errors import ScenarioError

_NOTHING = always(0)


class Thing(NamedTuple):
    """A row of the list of objects; where it stands is on the maps, or drawn among the sites."""

    cell: Cell
    stock: Whole = _NOTHING
    regrow: Whole = _NOTHING
    stay: Whole = _NOTHING
    moves: bool = False
    link: int = 0


def make_rules(scenario: Scenario) -> Rules:
    """Return the kernels' rules of a scenario; ScenarioError where its parts do not fit together."""
    maps = make_maps(scenario.layout) if scenario.layout else (read_map(scenario.map or ""),)
    things = [*_fixed_things(scenario, maps[0]), *_sited_things(scenario), *_free_places(scenario)]
    allowed = _allowed(scenario, maps)
    check_fit(scenario, maps, [thing.cell for thing in _sited_things(scenario)], allowed)
    bodies = list(scenario.bodies.values())
    groups = kin_groups(scenario)
    rows, columns = _object_places(maps, len(things))
    starts = np.array([_starts(scenario, plan) for plan in maps], dtype=np.int16)
    return Rules(
        n_steps=scenario.steps,
        grids=np.stack([plan.grid for plan in maps]),
        sites=np.stack([plan.sites for plan in maps]),
        n_sites=np.array([len(plan.sites) for plan in maps], dtype=np.int16),
        object_row=rows,
        object_column=columns,
        start_row=np.ascontiguousarray(starts[:, :, 0]),
        start_column=np.ascontiguousarray(starts[:, :, 1]),
        number=_limits(_numbers(scenario), np.int64),
        value=_limits([scenario.values.get(kind, _NOTHING) for kind in KINDS], np.int32),
        trait=_traits(scenario),
        multiplier=np.array([[body.costs.get(_name(price), 1.0) for price in Price] for body in bodies]),
        start_energy=_limits([body.start_energy for body in bodies], np.int32),
        reward=np.array(scenario.altar.reward, dtype=np.float64),
        n_looks=scenario.berries.looks if scenario.berries else 0,
        n_poisonous=scenario.berries.poisonous if scenario.berries else 0,
        kind=np.array([thing.cell for thing in things], dtype=np.uint8),
        max_stock=_limits([thing.stock for thing in things], np.int16),
        regrow=_limits([thing.regrow for thing in things], np.int16),
        stay=_limits([thing.stay for thing in things], np.int16),
        link=np.array([thing.link for thing in things], dtype=np.uint8),
        moves=np.array([thing.moves for thing in things], dtype=np.bool_),
        allowed=allowed,
        yields_energy=scenario.yields == "energy",
        bump=scenario.bump,
        recipes=np.array(
            [[recipe.get(kind, 0) for kind in KINDS] for recipe in scenario.converter.recipes], dtype=np.int16
        ).reshape(-1, len(KINDS)),
        body=np.array([scenario.body_names.index(name) for name in scenario.agent_bodies], dtype=np.uint8),
        sight=np.array([body.view for body in bodies], dtype=np.int16),
        may=np.array([_abilities(body, scenario.n_actions) for body in bodies]),
        carrying=scenario.start.carrying,
        structure=int(groups.structure),
        group=groups.group,
        shares=groups.shares,
        share=np.array(scenario.kinship.share, dtype=np.float64),
        clan=scenario.kinship.clan if scenario.kinship.structure == "clans" else 0,
        clan_share=np.array(scenario.kinship.clan_share, dtype=np.float64),
        bond_share=float(np.float32(scenario.kinship.bond_share)),
        normalise=scenario.kinship.normalise,
        kinship_hidden=scenario.kinship.hidden,
        kinship_noise=round(KINSHIP_STEPS * scenario.kinship.noise),
        tell_position=scenario.observation.own_position,
        tell_direction=scenario.channel.direction,
        walls_block_sight=scenario.observation.walls_block,
        walls_block_sound=scenario.channel.walls,
        noise=scenario.channel.noise,
        n_symbols=scenario.channel.vocabulary,
        end_hearts=scenario.end.hearts,
        end_exhausted=scenario.end.exhausted,
        seen_bond=round(KINSHIP_STEPS * float(np.float32(scenario.kinship.bond_share))),
        has_beacons=any(thing.cell == Cell.BEACON for thing in things) or _can(scenario, "build_beacon"),
        scatter=scenario.start.scatter,
        eye=view_tables([body.view for body in bodies], maps[0].grid.shape[1]),
    )


def _fixed_things(scenario: Scenario, plan: Map) -> list[Thing]:
    """Return what the map fixes; the maps of a layout fix the same things in the same order."""
    beacons = [cell for cell, _, _ in plan.objects].count(Cell.BEACON)
    links = list(scenario.beacon.links)
    if len(links) > beacons:
        raise ScenarioError(f"beacon.links: {len(links)} links are given for {beacons} beacons on the map; drop some.")
    links += [0] * (beacons - len(links))
    return [Thing(cell, link=links.pop(0) if cell == Cell.BEACON else 0) for cell, _, _ in plan.objects]


def _sited_things(scenario: Scenario) -> list[Thing]:
    """Return crystals in the order of the file, then berries, whose looks take turns."""
    things = []
    for crystal in scenario.crystals:
        cell = Cell[f"CRYSTAL_{crystal.kind.upper()}"]
        moves = crystal.moves or crystal.stay.high > 0
        things += [Thing(cell, crystal.stock, crystal.regrow, crystal.stay, moves)] * crystal.count
    if scenario.berries:
        for n in range(scenario.berries.count):
            look = Cell(Cell.BERRY_ROUND + n % scenario.berries.looks)
            things.append(Thing(look, regrow=scenario.berries.regrow, moves=True))
    return things


def _free_places(scenario: Scenario) -> list[Thing]:
    """Return the places for the converters and beacons that agents may build."""
    builds = _can(scenario, "build_converter") or _can(scenario, "build_beacon")
    return [Thing(Cell.EMPTY)] * (scenario.building.limit if builds else 0)


def _can(scenario: Scenario, action: str) -> bool:
    """Return whether any body has an action."""
    return any(action in body.actions for body in scenario.bodies.values())


def _object_places(maps: tuple[Map, ...], n_things: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return where things stand on each map, (M, O) rows and columns; -1 for what has no fixed place."""
    places = np.full((len(maps), n_things, 2), -1, dtype=np.int16)
    for m, plan in enumerate(maps):
        for o, (_, row, column) in enumerate(plan.objects):
            places[m, o] = row, column
    return np.ascontiguousarray(places[:, :, 0]), np.ascontiguousarray(places[:, :, 1])


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
            elif scenario.layout:
                raise ScenarioError(
                    f"agents: a layout has no places marked {group.start!r}; leave start out to begin anywhere."
                )
            else:
                raise ScenarioError(
                    f"agents: more agents start at {group.start!r} than the map has places marked so "
                    f"({len(plan.marks.get(group.start, ()))}); draw more of them or lower the count."
                )
    return starts


def _allowed(scenario: Scenario, maps: tuple[Map, ...]) -> Bools:
    """Return what may stand at which sites, (Cell, M, S): what is held out decides, and which use is made of it."""
    held_out = scenario.held_out
    known = {(r - VIEW, c - VIEW) for plan in maps for r, c in plan.sites.tolist()}
    for place in (*held_out.sites, *(combination.site for combination in held_out.combinations)):
        if place not in known:
            raise ScenarioError(f"held_out: row {place[0]}, column {place[1]} is no site of the map; name sites of it.")
    held = np.zeros((len(Cell) - 1, len(maps), len(maps[0].sites)), dtype=np.bool_)
    for m, plan in enumerate(maps):
        places = [(r - VIEW, c - VIEW) for r, c in plan.sites.tolist()]
        for s, place in enumerate(places):
            held[:, m, s] = place in held_out.sites
            for combination in held_out.combinations:
                if combination.site == place:
                    held[Cell[f"CRYSTAL_{combination.kind.upper()}"], m, s] = True
    if held_out.use == "all":
        return np.ones_like(held)
    return held if held_out.use == "test" else ~held


def _numbers(scenario: Scenario) -> list[Whole]:
    """Return the amounts that an episode draws, by `Number`."""
    berries = scenario.berries
    amounts = {
        Number.ALTAR_COST: scenario.altar.cost,
        Number.ALTAR_COOLDOWN: scenario.altar.cooldown,
        Number.CONVERTER_COOLDOWN: scenario.converter.cooldown,
        Number.DAMAGE: scenario.combat.damage,
        Number.FREEZE: scenario.combat.freeze,
        Number.ATTACK_RANGE: scenario.combat.range,
        Number.BERRY_GOOD: berries.good if berries else _NOTHING,
        Number.BERRY_POISON: berries.poison if berries else _NOTHING,
        Number.WALL_HP: scenario.wall.hp,
        Number.WALL_ENERGY: scenario.wall.energy,
        Number.CONVERTER_ENERGY: scenario.converter.energy,
        Number.CONVERTER_HP: scenario.converter.hp,
        Number.BEACON_ENERGY: scenario.beacon.energy,
        Number.BEACON_HP: scenario.beacon.hp,
        Number.BEACON_REACH: scenario.beacon.reach,
        Number.RELAY_COST: scenario.beacon.cost,
        Number.GIFT: scenario.gift,
        Number.BOND_STEPS: scenario.kinship.bond_steps,
        Number.RESERVOIR: scenario.reservoir,
        Number.INFLOW: scenario.inflow,
        Number.TEAM_SIZE: Whole(*team_size(scenario)),
    }
    return [amounts[number] for number in Number]


def _limits(amounts: list[Whole], dtype: Any) -> NDArray[Any]:
    """Return the least and the most of some amounts, (2, n)."""
    return np.array([[a.low for a in amounts], [a.high for a in amounts]], dtype=dtype)


def _traits(scenario: Scenario) -> NDArray[np.int32]:
    """Return the least and the most of what bodies hold, and of prices before their multipliers, (2, B, Trait)."""
    bodies = list(scenario.bodies.values())
    traits = np.zeros((2, len(bodies), len(Trait)), dtype=np.int32)
    for b, body in enumerate(bodies):
        hearing = -1 if body.hearing == "everywhere" else int(body.hearing)
        traits[:, b, Trait.HEARING] = hearing
        traits[:, b, Trait.MAX_ENERGY] = body.max_energy
        traits[:, b, Trait.CARRY] = body.carry
        for price in Price:
            amount: Whole = getattr(scenario.prices, _name(price))
            traits[:, b, Trait.MOVE_COST + price] = amount
    return traits


def _name(price: Price) -> Any:
    """Return a price's name as files have it."""
    return price.name.lower()


def _abilities(body: Body, n_actions: int) -> Bools:
    """Return which actions a body has, (n_actions,)."""
    may = np.zeros(n_actions, dtype=np.bool_)
    may[[action_number("stay"), *(action_number(name) for name in body.actions)]] = True
    return may
