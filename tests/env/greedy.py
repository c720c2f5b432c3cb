"""Agents that know everything, plan one step ahead and only ever work: a proof that a scenario can be lived in."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from commlab.env.batch import WorldBatch
from commlab.env.types import N_KINDS, VIEW, Action, Cell, Number, Trait

SIDES = ((-1, 0), (0, 1), (1, 0), (0, -1))
Place = tuple[int, int]


def choose(batch: WorldBatch, w: int = 0) -> Any:
    """What everyone in world `w` does next, (A,) uint8."""
    return np.array([Worker(batch, w, i).choice() for i in range(batch.n_agents)], np.uint8)


def crystal(kind: int) -> Cell:
    """The code of a kind of crystal."""
    return Cell(Cell.CRYSTAL_GREEN + kind)


class Worker:
    """An agent that makes hearts, or helps one who can."""

    def __init__(self, batch: WorldBatch, w: int, i: int) -> None:
        self.world, self.rules, self.w, self.i = batch.world, batch.rules, w, i
        self.grid = batch.world.grid[w]
        self.body = int(batch.rules.body[i])
        self.energy = int(batch.world.energy[w, i])
        self.carried = batch.world.inventory[w, i].tolist()
        self.cost = int(batch.world.numbers[w, Number.ALTAR_COST])
        self.here: Place = (int(batch.world.row[w, i]), int(batch.world.column[w, i]))

    def choice(self) -> int:
        """The first step towards the nearest thing that is of use now, or what is to be done with it."""
        if self._holds() >= self.cost:
            return self._approach(self._useful(), Action.USE)
        kind = self._own_kind()
        if kind is None or not self._may(Action.GIVE):
            return int(Action.STAY)
        if self.carried[kind]:
            return self._approach(self._receivers(kind), Action.GIVE)
        return self._approach(self._standing(crystal(kind)), Action.USE)

    def _holds(self) -> int:
        return int(self.world.trait[self.w, self.body, Trait.MAX_ENERGY])

    def _room(self) -> int:
        return int(self.world.trait[self.w, self.body, Trait.CARRY])

    def _may(self, action: Action) -> bool:
        return action < self.rules.may.shape[1] and bool(self.rules.may[self.body, action])

    def _kinds(self) -> list[int]:
        """The kinds of crystal that the world has."""
        return [k for k in range(N_KINDS) if (self.world.kind[self.w] == crystal(k)).any()]

    def _own_kind(self) -> int | None:
        """The one kind that a helper gathers."""
        kinds = self._kinds()
        return kinds[self.i % len(kinds)] if kinds else None

    def _receivers(self, kind: int) -> set[Place]:
        """Where those are who can use the altar and have room for a unit of a kind."""
        found = set()
        for j, body in enumerate(self.rules.body.tolist()):
            limits = self.world.trait[self.w, body]
            room = limits[Trait.CARRY] - self.world.inventory[self.w, j, kind]
            if limits[Trait.MAX_ENERGY] >= self.cost and room > 0:
                found.add((int(self.world.row[self.w, j]), int(self.world.column[self.w, j])))
        return found

    def _useful(self) -> set[Place]:
        """Altars for who can pay, else converters for who can fill a recipe, else what is lacking."""
        if self.energy >= self.cost:
            return self._standing(Cell.ALTAR)
        if any(self._fills(recipe) for recipe in self.rules.recipes.tolist()):
            return self._standing(Cell.CONVERTER)
        kinds = [k for k in self._kinds() if self.rules.yields_energy or self.carried[k] < self._room()]
        least = min((self.carried[k] for k in kinds), default=0)
        found: set[Place] = set()
        for kind in kinds:
            if self.rules.yields_energy or self.carried[kind] == least:
                found |= self._standing(crystal(kind))
        return found | self._good_berries()

    def _fills(self, recipe: list[int]) -> bool:
        return all(have >= need for have, need in zip(self.carried, recipe, strict=True))

    def _good_berries(self) -> set[Place]:
        looks = [n for n in range(self.rules.n_looks) if not self.world.poison[self.w] >> n & 1]
        return set().union(*(self._standing(Cell(Cell.BERRY_ROUND + n)) for n in looks))

    def _standing(self, code: Cell) -> set[Place]:
        return {(int(r), int(c)) for r, c in np.argwhere(self.grid == code)}

    def _approach(self, wanted: set[Place], verb: Action) -> int:
        """Walk the shortest way to a place in `wanted`; beside it face it, then do `verb`."""
        way = self._way(wanted)
        if way is None:  # make room for others
            facing, distance = (int(self.world.t[self.w]) // 2 + self.i) % 4, 2
        else:
            facing, distance = way
        ahead = (self.here[0] + SIDES[facing][0], self.here[1] + SIDES[facing][1])
        faces = int(self.world.facing[self.w, self.i]) == facing
        if distance == 1 and faces and self._may(verb):
            return int(verb)
        if self.grid[ahead] == Cell.WALL and faces and self._may(Action.DISMANTLE):
            return int(Action.DISMANTLE)
        move = Action(Action.NORTH + facing)
        return int(move) if self._may(move) else int(Action.STAY)

    def _way(self, wanted: set[Place]) -> tuple[int, int] | None:
        """The first side to go, and the steps, to the nearest wanted place; None where there is no way."""
        begun: dict[Place, tuple[int, int]] = {self.here: (-1, 0)}
        queue = deque([self.here])
        while queue:
            place = queue.popleft()
            first, distance = begun[place]
            for side, beside in self._beside(place):
                if beside in begun:
                    continue
                way = (first if first >= 0 else side, distance + 1)
                if beside in wanted:
                    return way
                if self._passable(beside):
                    begun[beside] = way
                    queue.append(beside)
        return None

    def _beside(self, place: Place) -> Iterator[tuple[int, Place]]:
        """The four cells beside a place, beginning with another side in every step and for every agent."""
        turn = (int(self.world.t[self.w]) + self.i) // 3
        for n in range(4):
            side = (n + turn) % 4
            yield side, (place[0] + SIDES[side][0], place[1] + SIDES[side][1])

    def _passable(self, place: Place) -> bool:
        code = int(self.grid[place])
        breakable = code == Cell.WALL and int(self.world.occupant[(self.w, *place)]) > 0
        return code == Cell.EMPTY or breakable and self._may(Action.DISMANTLE) and self._within(place)

    def _within(self, place: Place) -> bool:
        rows, columns = self.grid.shape
        return VIEW < place[0] < rows - VIEW - 1 and VIEW < place[1] < columns - VIEW - 1
