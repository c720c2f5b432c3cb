"""The numbering of tokens: every discrete fact that an agent can observe has a number, and so a learnt vector.

The near walls, each thing in view (what, where, how related), each symbol heard (by the kinship of who said it), the
agent's own state. Kinship is told in relation to the observer, in five grades; nothing names a family. What a scenario
lacks has no tokens there: the parts that only some scenarios have come last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.scenario import Scenario
from commlab.env.types import N_KINDS, VIEW, WINDOW, Action, Cell, Number, Own, Price, Rules, Trait

NEAR = 3  # walls are told within this radius
GRADES = 5  # of kinship: spite, none, below a half, a half and more, full
ENERGY_LEVELS = 17
MOST_CARRIED = 5  # of a kind that tokens tell apart
FROZEN_LEVELS = 4  # of the steps that an egg has left
TERM_LEVELS = 5  # of a price or value that is drawn for every episode
_CLASSES = int(Cell.AGENT) - int(Cell.ALTAR) + GRADES


class Vocabulary(NamedTuple):
    """Where each kind of token begins, and what scales them."""

    wall: int
    entity: int
    agent: int  # body and facing of a seen agent
    body: int
    facing: int
    last_action: int
    energy: int
    row: int
    column: int
    carried: int
    heard: int  # the first symbol of a message
    direction: int
    beacon: int  # from here on what only some scenarios have
    berry: int
    shielded: int  # a seen agent whose shield is up
    egg: int  # a seen agent that is frozen
    own_shield: int
    own_frozen: int
    bonded: int
    term: int  # prices and values of the episode
    later: int  # the other symbols of a message
    relayed: int
    size: int
    width: int  # most tokens in an observation
    symbols: int
    max_energy: NDArray[np.int32]  # (B,)
    max_frozen: int
    terms: NDArray[np.int16]  # (P,) columns of the observation's vector that differ from episode to episode
    least: NDArray[np.int32]  # (P, B) what they are at least, for each body
    span: NDArray[np.int32]  # (P, B) how many different values they can have


class Bags(NamedTuple):
    """Bags of tokens, one a row: `token` (N, width) int16, of which the first `count` (N,) int16 are meant."""

    token: NDArray[np.int16]
    count: NDArray[np.int16]  # type: ignore[assignment]  # it hides the method of tuples


class Features(NamedTuple):
    """What a scenario has that others lack, 0 or 1 each; `looks` is a number of looks."""

    beacons: int
    looks: int
    shields: int
    combat: int
    bonds: int


def token_vocabulary(scenario: Scenario, rules: Rules) -> Vocabulary:
    """Return the numbering of all tokens that observations of `scenario` can hold."""
    has, terms = find_features(rules), find_terms(rules)
    sizes = {**common_sizes(scenario, rules), **rare_sizes(scenario, has, len(terms[0]))}
    starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]).tolist(), strict=False))
    channel, seen = scenario.channel, scenario.observation.entities
    width = (2 * NEAR + 1) ** 2 + 2 * seen + 6 + N_KINDS + 2 * channel.slots
    width += (has.shields | has.combat) * seen + has.shields + has.combat + has.bonds + len(terms[0])
    width += (channel.length - 1 + has.beacons) * channel.slots
    return Vocabulary(
        **starts,
        size=sum(sizes.values()),
        width=width,
        symbols=channel.vocabulary,
        max_energy=np.maximum(1, rules.trait[1, :, Trait.MAX_ENERGY]).astype(np.int32),
        max_frozen=max(1, int(rules.number[1, Number.FREEZE])),
        terms=terms[0],
        least=terms[1],
        span=terms[2],
    )


def common_sizes(scenario: Scenario, rules: Rules) -> dict[str, int]:
    """Return how many tokens there are of each kind that every scenario has."""
    n_bodies = len(scenario.bodies)
    return {
        "wall": (2 * NEAR + 1) ** 2,
        "entity": _CLASSES * WINDOW * WINDOW,
        "agent": n_bodies * 4,
        "body": n_bodies,
        "facing": 4,
        "last_action": scenario.n_actions,
        "energy": ENERGY_LEVELS,
        "row": rules.grids.shape[1] - 2 * VIEW,
        "column": rules.grids.shape[2] - 2 * VIEW,
        "carried": N_KINDS * (MOST_CARRIED + 1),
        "heard": GRADES * scenario.channel.vocabulary,
        "direction": GRADES * 9,
    }


def rare_sizes(scenario: Scenario, has: Features, n_terms: int) -> dict[str, int]:
    """Return how many tokens there are of each kind that only some scenarios have."""
    return {
        "beacon": has.beacons * WINDOW * WINDOW,
        "berry": has.looks * WINDOW * WINDOW,
        "shielded": has.shields * WINDOW * WINDOW,
        "egg": has.combat * WINDOW * WINDOW,
        "own_shield": has.shields,
        "own_frozen": has.combat * FROZEN_LEVELS,
        "bonded": has.bonds,
        "term": n_terms * TERM_LEVELS,
        "later": (scenario.channel.length - 1) * GRADES * scenario.channel.vocabulary,
        "relayed": has.beacons * GRADES,
    }


def find_features(rules: Rules) -> Features:
    """Return what there is in a scenario."""

    def can(action: Action) -> int:
        return int(action < rules.may.shape[1] and rules.may[:, action].any())

    return Features(
        beacons=int(rules.has_beacons),
        looks=rules.n_looks,
        shields=can(Action.SHIELD),
        combat=can(Action.ATTACK),
        bonds=can(Action.BOND),
    )


def find_terms(rules: Rules) -> tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.int32]]:
    """Return which prices and values are drawn: their columns (P,), least values and numbers of values (P, B)."""
    n_bodies = rules.trait.shape[1]
    ends: dict[int, NDArray[np.int64]] = {}  # by column: (2, B)
    for column, number in ((Own.ALTAR_COST, Number.ALTAR_COST), (Own.DAMAGE, Number.DAMAGE)):
        ends[column] = np.repeat(rules.number[:, number, None], n_bodies, axis=1)
    for price in Price:
        drawn = rules.trait[:, :, Trait.MOVE_COST + price].astype(np.float64)
        ends[Own.MOVE_COST + price] = np.floor(drawn * rules.multiplier[None, :, price] + 0.5).astype(np.int64)
    for kind in range(N_KINDS):
        ends[Own.GREEN_VALUE + kind] = np.repeat(rules.value[:, kind, None], n_bodies, axis=1).astype(np.int64)
    columns = [column for column in sorted(ends) if (ends[column][0] < ends[column][1]).any()]
    both = np.stack([ends[column] for column in columns]) if columns else np.zeros((0, 2, n_bodies), np.int64)
    span = both[:, 1] - both[:, 0] + 1
    return np.array(columns, np.int16), both[:, 0].astype(np.int32), span.astype(np.int32)


def empty_bags(vocabulary: Vocabulary, n_rows: int) -> Bags:
    """Return room for the bags of `n_rows` observations."""
    return Bags(np.zeros((n_rows, vocabulary.width), np.int16), np.zeros(n_rows, np.int16))


def without_sounds(bags: Bags, vocabulary: Vocabulary) -> Bags:
    """Return the bags of the same observations had nothing been heard: sounds are a bag's last tokens."""
    token = bags.token
    heard = (token >= vocabulary.heard) & (token < vocabulary.beacon) | (token >= vocabulary.later)
    meant = np.arange(token.shape[1]) < bags.count[:, None]
    return Bags(token, (bags.count - (heard & meant).sum(axis=1)).astype(np.int16))
