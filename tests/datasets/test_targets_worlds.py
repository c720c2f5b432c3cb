"""Targets in worlds that were really played, against slow reference code that looks at one step of one agent."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from commlab.datasets.targets import SECTORS, TARGETS, targets_of
from commlab.datasets.targets.others import other_in_view
from commlab.datasets.targets.places import sectors
from commlab.datasets.targets.things import nearest_present, objects_of

UNDEFINED = "undefined"
STEPS = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
Told = Any  # conftest.Told


def direction(row: float, column: float) -> str:
    return SECTORS[int(sectors(np.array([row, column]), np.array(True)))]


def on_map(told: Told, place: tuple[int, int]) -> str:
    layout = told.layout
    return direction(place[0] - (layout["height"] - 1) / 2, place[1] - (layout["width"] - 1) / 2)


@cache
def destination(told: Told, s: int, a: int) -> tuple[tuple[int, int], str] | None:
    """The first place tried from row s on, and what stands there."""
    cells = told.codes["cells"]
    things = ("altar", "converter", "beacon", "crystal", "berry")
    while True:
        cell = told.tried(s, a)
        if cell is not None:
            for number, (code, *place, stock) in enumerate(told.objects[s]):
                kind = cells[code].split(".")[0]
                gone = (kind == "crystal" and stock == 0) or (kind == "berry" and not standing(told, s, number))
                if tuple(place) == cell and kind in things and not gone:
                    return cell, cells[code]
            if cell in told.sites:
                return cell, "site"
        if not told.there(s, 1):
            return None
        s += 1


@cache
def standing(told: Told, s: int, number: int) -> bool:
    """Whether a berry has not been used since it came to its place, or the episode began."""
    place = told.objects[s][number][1:3]
    while told.there(s, -1) and told.objects[s - 1][number][1:3] == place:
        for a in range(told.n_agents):
            used = told.actions[int(told.at("observation/vector", s, a)[told.last])] == "use"
            way = STEPS[told.codes["facings"][told.at("agents/facing", s, a)]]
            here = told.at("agents/position", s, a)
            if used and [here[0] + way[0], here[1] + way[1]] == place:
                return False
        s -= 1
    return True


def slow_danger(told: Told, s: int, a: int) -> str:
    if told.at("agents/frozen", s, a):
        return UNDEFINED
    for k in range(8):
        if not told.there(s, k + 1):
            return UNDEFINED
        if told.at("agents/frozen", s + k, a) == 0 and told.at("agents/frozen", s + k + 1, a) > 0:
            return "hit"
    return "safe"


def slow_reach(told: Told, s: int, a: int) -> str:
    reach = told.recording.episodes.numbers[told.episode[s]][
        told.recording.names("episodes/numbers").index("attack_range")
    ]
    for b in range(told.n_agents):
        row, column = told.gap(s, a, b)
        close = 0 in (row, column) and 0 < abs(row + column) <= reach
        if close and not told.at("agents/frozen", s, b) and not told.kin(s, a, b):
            return "yes"
    return "no"


def slow_reward(told: Told, s: int, a: int) -> str:
    for k in range(8):
        if not told.there(s, k):
            return UNDEFINED
        if told.at("reward/own", s + k, a) > 0:
            return "yes"
    return "no"


def slow_carries(told: Told, s: int, a: int) -> str:
    held = told.at("agents/inventory", s, a)
    kinds = [kind for kind, units in zip(("green", "yellow", "red", "blue"), held, strict=True) if units]
    return "+".join(kinds) or "none"


def slow_faces(told: Told, s: int, a: int) -> str:
    row, column = STEPS[told.codes["facings"][told.at("agents/facing", s, a)]]
    return told.codes["cells"][told.at("observation/window", s, a)[5 + row][5 + column]]


def slow_speaker(told: Told, s: int, a: int) -> str:
    speaker = told.at("channel/speaker", s, a)[0]
    return "nobody" if speaker < 0 else "kin" if told.kin(s, a, speaker) else "stranger"


def slow_audience(told: Told, s: int, a: int) -> str:
    hearers = told.hearers(s, a)
    if hearers is None:
        return UNDEFINED
    related = {told.kin(s, a, b) for b in hearers}
    return {(): "nobody", (True,): "kin", (False,): "strangers", (False, True): "both"}[tuple(sorted(related))]


def slow_listener(told: Told, s: int, a: int) -> str:
    hearers = told.hearers(s, a)
    if not hearers:
        return UNDEFINED
    later = s + told.delay
    return told.actions[told.at("policy/action", later, told.nearest(later, a, hearers))]


def slow_last(told: Told, s: int, a: int) -> str:
    while True:
        heard = told.at("channel/heard", s, a)[0]
        if any(heard):
            return " ".join(map(str, heard))
        if not told.there(s, -1):
            return UNDEFINED
        s -= 1


def slow_heard(told: Told, s: int, a: int) -> str:
    rows = [s - k for k in range(8) if told.there(s, -k)]
    return (
        "yes" if any(symbol for row in rows for slot in told.at("channel/heard", row, a) for symbol in slot) else "no"
    )


def slow_next(told: Told, s: int, a: int) -> str:
    return told.actions[told.at("policy/action", s + 1, told.other(s, a))] if told.there(s, 1) else UNDEFINED


def slow_colour(told: Told, s: int, a: int, colour: str | None) -> tuple[tuple[int, int], str] | None:
    """The nearest stocked crystal of a colour, or any."""
    here = told.at("agents/position", s, a)
    cells = told.codes["cells"]
    crystals = [
        ((row, column), cells[code].split(".")[1])
        for code, row, column, stock in told.objects[s]
        if cells[code].startswith("crystal") and stock and colour in (None, cells[code].split(".")[1])
    ]
    return min(crystals, key=lambda one: abs(one[0][0] - here[0]) + abs(one[0][1] - here[1]), default=None)


def going(form: Callable[[Told, int, int, tuple[int, int], str], str]) -> Callable[[Told, int, int], str]:
    """A form of the destination."""

    def slow(told: Told, s: int, a: int) -> str:
        found = destination(told, s, a)
        return UNDEFINED if found is None else form(told, s, a, *found)

    return slow


def place_of(told: Told, s: int, a: int) -> tuple[int, int]:
    row, column = told.at("agents/position", s, a)
    return row, column


def slow_offset(told: Told, s: int, a: int, place: tuple[int, int]) -> str:
    row, column = place_of(told, s, a)
    return direction(place[0] - row, place[1] - column)


def slow_price(column: int) -> Callable[[Told, int, int], float]:
    """The price in a column of the traits, of the agent's body in its episode."""

    def slow(told: Told, s: int, a: int) -> float:
        table = told.recording.episodes
        return float(table.traits[told.episode[s], table.bodies[told.episode[s], a], column])

    return slow


SLOW: dict[str, Callable[[Told, int, int], Any]] = {
    "own_position.sector": lambda w, s, a: on_map(w, place_of(w, s, a)),
    "own_destination": going(lambda w, s, a, place, kind: on_map(w, place)),
    "own_destination.cell": going(lambda w, s, a, place, kind: f"{place[0]},{place[1]}"),
    "own_destination.offset": going(lambda w, s, a, place, kind: slow_offset(w, s, a, place)),
    "own_destination.kind": going(lambda w, s, a, place, kind: kind),
    "own_facing": lambda w, s, a: w.codes["facings"][w.at("agents/facing", s, a)],
    "own_body": lambda w, s, a: w.recording.bodies[a],
    "own_shield": lambda w, s, a: "yes" if w.at("agents/shield", s, a) else "no",
    "own_frozen": lambda w, s, a: "yes" if w.at("agents/frozen", s, a) > 0 else "no",
    "own_message": lambda w, s, a: (
        " ".join(map(str, w.at("channel/said", s, a))).replace("0", "silence", 1)
        if not any(w.at("channel/said", s, a))
        else " ".join(map(str, w.at("channel/said", s, a)))
    ),
    "bonded": lambda w, s, a: "yes" if w.at("agents/partner", s, a) >= 0 else "no",
    "carries": slow_carries,
    "faces": slow_faces,
    "reward_soon": slow_reward,
    "time": lambda w, s, a: float(w.t[s]),
    "other_position": lambda w, s, a: on_map(w, place_of(w, s, w.other(s, a))),
    "other_position.cell": lambda w, s, a: ",".join(map(str, place_of(w, s, w.other(s, a)))),
    "other_position.offset": lambda w, s, a: direction(*w.gap(s, a, w.other(s, a))),
    "other_energy": lambda w, s, a: float(w.at("agents/energy", s, w.other(s, a))),
    "other_kinship": lambda w, s, a: "kin" if w.kin(s, a, w.other(s, a)) else "stranger",
    "other_body": lambda w, s, a: w.recording.bodies[w.other(s, a)],
    "other_next_action": slow_next,
    "agents_near": lambda w, s, a: float(sum(max(map(abs, w.gap(s, a, b))) <= 5 for b in range(w.n_agents) if b != a)),
    "danger": slow_danger,
    "danger.reach": slow_reach,
    "speaker_kinship": slow_speaker,
    "audience_kinship": slow_audience,
    "listener_next_action": slow_listener,
    "heard_recently": slow_heard,
    "last_heard": slow_last,
    "resource_kind": lambda w, s, a: (slow_colour(w, s, a, None) or ("", "none"))[1],
    "resource_location.green": lambda w, s, a: (
        "none" if (found := slow_colour(w, s, a, "green")) is None else on_map(w, found[0])
    ),
    "resource_location.yellow": lambda w, s, a: (
        "none" if (found := slow_colour(w, s, a, "yellow")) is None else on_map(w, found[0])
    ),
    "prices": lambda w, s, a: sum(slow_price(column)(w, s, a) for column in range(3, 11)),
    "prices.move": slow_price(3),
    "prices.attack": slow_price(5),
    "prices.bond": slow_price(10),
    "prices.altar": lambda w, s, a: float(w.recording.episodes.numbers[w.episode[s], 0]),
    "prices.yellow": lambda w, s, a: float(w.recording.episodes.values[w.episode[s], 1]),
    "prices.reward": lambda w, s, a: float(w.recording.episodes.altar_reward[w.episode[s]]),
}


def some_rows(told: Told) -> list[tuple[int, int]]:
    """Steps of agents drawn at random, and the ends of episodes."""
    rng = np.random.default_rng(7)
    rows = np.unique([*rng.integers(0, len(told.t), 40), len(told.t) - 1, len(told.t) - 2, 0])
    return [(int(s), int(a)) for s in rows for a in rng.choice(told.n_agents, min(4, told.n_agents), replace=False)]


@pytest.mark.parametrize("name", SLOW)
def test_a_target_is_what_the_slow_reference_says(told: dict[str, Told], name: str) -> None:
    compared = 0
    for world in told.values():
        if name not in targets_of(world.recording)[0]:
            continue
        labels = TARGETS[name].compute(world.recording)
        for s, a in some_rows(world):
            value = labels.names[labels.values[s, a]] if labels.names else float(labels.values[s, a])
            said = value if labels.valid[s, a] else UNDEFINED
            assert said == SLOW[name](world, s, a), (world.recording.path, s, a)
            compared += 1
    assert compared > 0


def test_destinations_are_of_every_kind(told: dict[str, Told]) -> None:
    kinds = set[str]()
    for world in told.values():
        kinds |= set(TARGETS["own_destination.kind"].compute(world.recording).names)
    assert {"site", "altar", "converter", "crystal.green", "berry.round"} <= kinds


def test_there_is_danger_in_the_arena_alone(told: dict[str, Told]) -> None:
    labels = TARGETS["danger"].compute(told["arena"].recording)
    shares = np.bincount(labels.values[labels.valid], minlength=2) / labels.valid.sum()
    assert shares.min() > 0.01
    for name in ("berries", "rivals"):
        assert "Nobody can attack" in targets_of(told[name].recording)[1]["danger"]


def test_berries_are_gone_from_when_they_are_eaten_until_they_come_back(told: dict[str, Told]) -> None:
    world = told["berries"]
    places, present = objects_of(world.recording, "berry")
    objects, windows = world.columns["world/objects"], world.columns["observation/window"]
    looks = world.recording.cell_codes("berry")
    checked = {True: 0, False: 0}
    for s in range(len(world.t)):
        for a in range(world.n_agents):
            cell = places[s] - world.columns["agents/position"][s, a] + 5
            for o in np.flatnonzero(np.isin(objects[s, :, 0], looks) & (np.abs(cell - 5).max(axis=1) <= 4)):
                shown = windows[s, a, cell[o, 0], cell[o, 1]]
                assert (shown == objects[s, o, 0]) == present[s, o], (s, a, o)
                checked[bool(present[s, o])] += 1
    assert checked[True] > 1000
    assert checked[False] > 50


def test_the_look_of_the_nearest_berry_and_whether_it_is_poisonous(told: dict[str, Told]) -> None:
    world = told["berries"]
    look, harm, joint = (
        TARGETS[name].compute(world.recording) for name in ("berry_look", "berry_poisonous", "poisonous_look")
    )
    for s, a in some_rows(world):
        poisonous = joint.names[joint.values[s, a]].split("+")
        assert len(poisonous) == 2
        nearest = look.names[look.values[s, a]]
        assert harm.names[harm.values[s, a]] == ("poisonous" if nearest in poisonous else "good")
        for one in ("round", "long", "star", "twin"):
            each = TARGETS[f"poisonous_look.{one}"].compute(world.recording)
            assert each.names[each.values[s, a]] == ("yes" if one in poisonous else "no")


def test_the_other_is_in_view_where_the_list_of_what_is_seen_has_it(told: dict[str, Told]) -> None:
    world = told["rivals"]
    seen = other_in_view(world.recording)
    for s, a in some_rows(world):
        gap = world.gap(s, a, world.other(s, a))
        agents = [tuple(row[1:3]) for row in world.at("observation/entities", s, a) if row[0] == 8]
        assert seen[s, a] == (gap in agents)
    assert 0.1 < seen.mean() < 0.9


def test_targets_of_an_excerpt_are_those_of_the_whole(told: dict[str, Told]) -> None:
    for world in told.values():
        part = world.recording.excerpt(1, 3)
        rows = (world.episode >= 1) & (world.episode < 3)
        for name, target in targets_of(world.recording)[0].items():
            whole, own = target.compute(world.recording), target.compute(part)
            assert np.array_equal(own.valid, whole.valid[rows]), name
            if not own.names:
                assert np.array_equal(own.values, whole.values[rows]), name
                continue
            said = np.array(own.names, dtype=object)[own.values]
            meant = np.array(whole.names, dtype=object)[whole.values[rows]]
            assert (said == meant)[own.valid].all(), name


def test_a_world_without_things_has_no_nearest_one() -> None:
    positions = np.zeros((5, 2, 2), np.int16)
    nearest = nearest_present(positions, np.zeros((5, 0, 2), np.int16), np.zeros((5, 0), bool))
    assert not nearest.exists.any()
    assert nearest.place.shape == positions.shape
