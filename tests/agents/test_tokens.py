"""Bags of tokens hold every discrete fact of an observation, and nothing else."""

from collections.abc import Iterator

import numpy as np
import pytest

from commlab.agents.perceive import fill_bags, grade
from commlab.agents.tokens import (
    ENERGY_LEVELS,
    FROZEN_LEVELS,
    GRADES,
    MOST_CARRIED,
    NEAR,
    TERM_LEVELS,
    Vocabulary,
    empty_bags,
    token_vocabulary,
)
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.types import N_KINDS, UNKNOWN, VIEW, WINDOW, Action, Cell, Entity, Observation, Own, Slot

Fact = tuple[object, ...]
PARTS = ("wall", "entity", "agent", "body", "facing", "last_action", "energy", "row", "column", "carried", "heard")
RARE = ("beacon", "berry", "shielded", "egg", "own_shield", "own_frozen", "bonded", "term", "later", "relayed")


def naive_grade(kinship: float) -> str:
    if kinship < 0:
        return "spite"
    if kinship == 0:
        return "none"
    if kinship == 1:
        return "full"
    return "half and more" if kinship >= 0.5 else "below a half"


GRADE_NAMES = ("spite", "none", "below a half", "half and more", "full")


def naive_facts(obs: Observation, w: int, i: int, vocabulary: Vocabulary) -> list[Fact]:
    """The facts that an agent observes, by plain loops."""
    facts: list[Fact] = []
    for dr in range(-NEAR, NEAR + 1):
        for dc in range(-NEAR, NEAR + 1):
            if obs.window[w, i, VIEW + dr, VIEW + dc] == Cell.WALL:
                facts.append(("wall", dr, dc))
    for row in obs.entities[w, i].astype(int):
        place = (row[Entity.ROW], row[Entity.COLUMN])
        if row[Entity.KIND] == Cell.AGENT:
            facts.append(("entity", "AGENT", naive_grade(row[Entity.KINSHIP] / 16), *place))
            facts.append(("agent", row[Entity.BODY], row[Entity.FACING]))
            if row[Entity.FROZEN]:
                facts.append(("egg", *place))
            elif row[Entity.SHIELD]:
                facts.append(("shielded", *place))
        elif row[Entity.KIND] == Cell.BEACON:
            facts.append(("beacon", *place))
        elif row[Entity.KIND] >= Cell.BERRY_ROUND:
            facts.append(("berry", row[Entity.KIND] - Cell.BERRY_ROUND, *place))
        elif row[Entity.KIND] != 0:
            facts.append(("entity", Cell(row[Entity.KIND]).name, "", *place))
    own = obs.vector[w, i].astype(int)
    facts += [("body", own[Own.BODY]), ("facing", own[Own.FACING]), ("last_action", own[Own.LAST_ACTION])]
    facts.append(("energy", own[Own.ENERGY] * (ENERGY_LEVELS - 1) // int(vocabulary.max_energy[own[Own.BODY]])))
    if own[Own.ROW] >= 0:
        facts += [("row", own[Own.ROW]), ("column", own[Own.COLUMN])]
    for kind in range(N_KINDS):
        if own[Own.GREEN + kind] > 0:
            facts.append(("carried", kind, min(own[Own.GREEN + kind], MOST_CARRIED)))
    facts += naive_rare_facts(own, vocabulary)
    for symbols, slot in zip(obs.heard[w, i], obs.slots[w, i].astype(int), strict=True):
        if slot[Slot.PRESENT]:
            kin = naive_grade(slot[Slot.KINSHIP] / 16)
            facts += [("heard", kin, int(symbols[0]))] if symbols[0] else []
            facts += [("later", p, kin, int(symbol)) for p, symbol in enumerate(symbols[1:]) if symbol]
            facts += [("relayed", kin)] if slot[Slot.RELAYED] else []
            if slot[Slot.ROW] != UNKNOWN:
                facts.append(("direction", kin, np.sign(slot[Slot.ROW]), np.sign(slot[Slot.COLUMN])))
    return sorted(facts, key=repr_of)


def naive_rare_facts(own: np.ndarray, vocabulary: Vocabulary) -> list[Fact]:
    """What only some scenarios have of an agent's own state and of the episode's terms."""
    facts: list[Fact] = [("own_shield", 0)] if own[Own.SHIELD] else []
    if own[Own.FROZEN]:
        facts.append(("own_frozen", (own[Own.FROZEN] - 1) * FROZEN_LEVELS // vocabulary.max_frozen))
    facts += [("bonded", 0)] if own[Own.BONDED] else []
    for p, column in enumerate(vocabulary.terms):
        place = (own[column] - vocabulary.least[p, own[Own.BODY]]) / vocabulary.span[p, own[Own.BODY]]
        facts.append(("term", p, int(place * TERM_LEVELS)))
    return facts


def read_token(token: int, vocabulary: Vocabulary) -> Fact:
    """The fact that a token stands for, by where its part of the numbering begins."""
    starts = {p: getattr(vocabulary, p) for p in (*PARTS, "direction", *RARE)}
    part = max((p for p in starts if starts[p] <= token), key=lambda p: (starts[p], list(starts).index(p)))
    number = token - starts[part]
    if part in ("beacon", "shielded", "egg"):
        return (part, number // WINDOW - VIEW, number % WINDOW - VIEW)
    if part == "berry":
        look, place = divmod(number, WINDOW * WINDOW)
        return (part, look, place // WINDOW - VIEW, place % WINDOW - VIEW)
    if part == "term":
        return (part, *divmod(number, TERM_LEVELS))
    if part == "later":
        p, rest = divmod(number, GRADES * vocabulary.symbols)
        return (part, p, GRADE_NAMES[rest // vocabulary.symbols], rest % vocabulary.symbols)
    if part == "relayed":
        return (part, GRADE_NAMES[number])
    if part == "wall":
        return (part, number // (2 * NEAR + 1) - NEAR, number % (2 * NEAR + 1) - NEAR)
    if part == "entity":
        what, place = divmod(number, WINDOW * WINDOW)
        name, kin = (Cell(what + Cell.ALTAR).name, "") if what < 6 else ("AGENT", GRADE_NAMES[what - 6])
        return (part, name, kin, place // WINDOW - VIEW, place % WINDOW - VIEW)
    if part == "agent":
        return (part, *divmod(number, 4))
    if part == "carried":
        return (part, *divmod(number, MOST_CARRIED + 1))
    if part == "heard":
        return (part, GRADE_NAMES[number // vocabulary.symbols], number % vocabulary.symbols)
    if part == "direction":
        return (part, GRADE_NAMES[number // 9], number % 9 // 3 - 1, number % 3 - 1)
    return (part, number)


def repr_of(fact: Fact) -> str:
    return repr([str(part) for part in fact])


def bags_of(observation: Observation, agents: np.ndarray, vocabulary: Vocabulary) -> list[list[int]]:
    """The tokens of each row."""
    bags = empty_bags(vocabulary, observation.vector.shape[0] * len(agents))
    bags.token[:] = -7  # what an earlier observation left
    fill_bags(observation, agents, vocabulary, bags)
    return [row[:n].tolist() for row, n in zip(bags.token, bags.count, strict=True)]


def observations(scenario: Scenario, n_worlds: int, n_steps: int) -> Iterator[Observation]:
    """What is observed while all agents act and speak at random, from scattered beginnings."""
    worlds, rng = WorldBatch(scenario, n_worlds, seed=3), np.random.default_rng(0)
    yield worlds.reset(np.arange(n_worlds), scatter=1.0)
    shape = (n_worlds, scenario.n_agents)
    for _ in range(n_steps):
        actions = rng.integers(0, scenario.n_actions, shape, dtype=np.uint8)
        spoken = rng.integers(0, scenario.channel.vocabulary, (*shape, scenario.channel.length), dtype=np.uint8)
        yield worlds.step(actions, spoken)


def vocabulary_of(scenario: Scenario) -> Vocabulary:
    """The numbering of a scenario's tokens."""
    return token_vocabulary(scenario, make_rules(scenario))


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("name", ["lookout", "mixed", "whole"])
def test_bags_hold_the_facts_and_nothing_else(name: str, request: pytest.FixtureRequest) -> None:
    scenario: Scenario = request.getfixturevalue(name)
    vocabulary, everyone = vocabulary_of(scenario), np.arange(scenario.n_agents)
    told = set()
    for observation in observations(scenario, n_worlds=4, n_steps=10):
        for row, tokens in enumerate(bags_of(observation, everyone, vocabulary)):
            w, i = divmod(row, scenario.n_agents)
            assert len(tokens) <= vocabulary.width
            assert all(0 <= token < vocabulary.size for token in tokens)
            facts = sorted((read_token(token, vocabulary) for token in tokens), key=repr_of)
            assert [repr_of(f) for f in facts] == [repr_of(f) for f in naive_facts(observation, w, i, vocabulary)]
            told |= {str(fact[0]) for fact in facts} | {str(fact[1]) for fact in facts if fact[0] == "heard"}
    if name == "mixed":
        assert told >= (set(PARTS) | {"direction"} | set(GRADE_NAMES)) - {"row", "column"}, "a fact never came up"
    elif name == "whole":
        assert told >= set(RARE) - {"bonded", "shielded", "relayed", "egg"}, "a fact never came up"
    else:
        assert told >= {"row", "column"}


def test_bags_never_overflow_in_long_random_rollouts(mixed: Scenario) -> None:
    vocabulary, everyone = vocabulary_of(mixed), np.arange(mixed.n_agents)
    most = 0
    for observation in observations(mixed, n_worlds=64, n_steps=19):
        bags = empty_bags(vocabulary, 64 * mixed.n_agents)
        fill_bags(observation, everyone, vocabulary, bags)
        most = max(most, int(bags.count.max()))
        meant = np.arange(vocabulary.width) < bags.count[:, None]
        assert bags.token[meant].min() >= 0
        assert bags.token[meant].max() < vocabulary.size
    assert 20 < most <= vocabulary.width


@pytest.mark.parametrize("name", ["mixed", "whole"])
def test_the_fullest_observation_fits(name: str, request: pytest.FixtureRequest) -> None:
    scenario: Scenario = request.getfixturevalue(name)
    vocabulary = vocabulary_of(scenario)
    (observation,) = observations(scenario, n_worlds=1, n_steps=0)
    rare = int(name == "whole")
    observation.window[:] = Cell.WALL
    observation.entities[:] = [Cell.AGENT, 5, -5, 16, 3, 1, rare, 0]
    observation.vector[:, :, Own.ROW : Own.COLUMN + 1] = 1
    observation.vector[:, :, Own.GREEN : Own.BLUE + 1] = 300
    observation.vector[:, :, [Own.SHIELD, Own.FROZEN, Own.BONDED]] = rare
    observation.heard[:] = 4
    observation.slots[:] = [1, 16, -3, 2, rare]
    assert {len(tokens) for tokens in bags_of(observation, np.arange(6), vocabulary)} == {vocabulary.width}


@pytest.mark.parametrize(
    ("field", "index", "value"),
    [
        ("window", (VIEW - 3, VIEW + 3), Cell.WALL),
        ("entities", (0, Entity.KIND), Cell.CRYSTAL_BLUE),
        ("entities", (0, Entity.ROW), -4),
        ("entities", (0, Entity.COLUMN), 3),
        ("entities", (0, Entity.KINSHIP), -16),
        ("entities", (0, Entity.KINSHIP), 4),
        ("entities", (0, Entity.KINSHIP), 8),
        ("entities", (0, Entity.KINSHIP), 0),
        ("entities", (0, Entity.FACING), 3),
        ("entities", (0, Entity.BODY), 2),
        ("vector", (Own.BODY,), 1),
        ("vector", (Own.FACING,), 3),
        ("vector", (Own.LAST_ACTION,), Action.USE),
        ("vector", (Own.ENERGY,), 250),
        ("vector", (Own.ROW,), 5),
        ("vector", (Own.COLUMN,), 5),
        ("vector", (Own.GREEN,), 2),
        ("vector", (Own.BLUE,), 1),
        ("heard", (0, 0), 2),
        ("slots", (0, Slot.KINSHIP), 0),
        ("slots", (0, Slot.ROW), -1),
        ("slots", (0, Slot.COLUMN), 1),
        ("slots", (0, Slot.PRESENT), 0),
    ],
)
def test_observations_that_differ_in_a_fact_differ_in_tokens(
    mixed: Scenario, field: str, index: tuple[int, ...], value: int
) -> None:
    vocabulary = vocabulary_of(mixed)
    (observation,) = observations(mixed, n_worlds=1, n_steps=0)
    observation.window[:] = Cell.EMPTY
    observation.entities[:] = 0
    observation.entities[0, :, 0] = [Cell.AGENT, 1, 2, 16, 0, 0, 0, 0]
    observation.vector[:] = 0
    observation.vector[:, :, [Own.ROW, Own.COLUMN, Own.GREEN]] = 1
    observation.heard[:, :, 0] = 1
    observation.slots[:, :, 0] = [1, 16, 1, 0, 0]
    before = bags_of(observation, np.array([0, 3]), vocabulary)
    getattr(observation, field)[(0, 3, *index)] = value
    after = bags_of(observation, np.array([0, 3]), vocabulary)
    assert after[0] == before[0]
    assert sorted(after[1]) != sorted(before[1])


@pytest.mark.parametrize(
    ("field", "index", "value"),
    [
        ("entities", (0, Entity.KIND), Cell.BEACON),
        ("entities", (0, Entity.KIND), Cell.BERRY_ROUND),
        ("entities", (0, Entity.KIND), Cell.BERRY_STAR),
        ("entities", (0, Entity.SHIELD), 1),
        ("entities", (0, Entity.FROZEN), 2),
        ("vector", (Own.SHIELD,), 1),
        ("vector", (Own.FROZEN,), 1),
        ("vector", (Own.BONDED,), 1),
        ("vector", (Own.ALTAR_COST,), 40),
        ("vector", (Own.MOVE_COST,), 2),
        ("vector", (Own.BOND_COST,), 9),
        ("vector", (Own.DAMAGE,), 9),
        ("vector", (Own.GREEN_VALUE,), 30),
        ("heard", (0, 1), 0),
        ("heard", (0, 1), 3),
        ("slots", (0, Slot.RELAYED), 1),
    ],
)
def test_what_only_some_scenarios_have_is_told_there(
    whole: Scenario, field: str, index: tuple[int, ...], value: int
) -> None:
    vocabulary = vocabulary_of(whole)
    (observation,) = observations(whole, n_worlds=1, n_steps=0)
    observation.entities[:] = 0
    observation.entities[0, :, 0] = [Cell.AGENT, 1, 2, 16, 0, 0, 0, 0]
    observation.vector[:, :, Own.ALTAR_COST] = 20
    observation.vector[:, :, Own.SHIELD : Own.GREEN_VALUE + 1] = 0
    observation.heard[:, :, 0] = 1
    observation.slots[:, :, 0] = [1, 16, 1, 0, 0]
    before = bags_of(observation, np.array([0, 3]), vocabulary)
    getattr(observation, field)[(0, 3, *index)] = value
    after = bags_of(observation, np.array([0, 3]), vocabulary)
    assert after[0] == before[0]
    assert sorted(after[1]) != sorted(before[1])
    assert all(0 <= token < vocabulary.size for token in after[1])


@pytest.mark.parametrize(
    ("name", "size", "width"),
    [
        ("lookout", 49 + 11 * 121 + 8 + 2 + 4 + 6 + 17 + 11 + 11 + 24 + 80 + 45, 49 + 8 + 6 + 4 + 2),
        ("rivals", 1588, 77),
    ],
)
def test_the_numbering_that_shipped_checkpoints_have_stays(name: str, size: int, width: int) -> None:
    vocabulary = vocabulary_of(load_scenario(name))
    assert (vocabulary.size, vocabulary.width) == (size, width)
    assert vocabulary.direction == size - 45
    assert not len(vocabulary.terms)


def test_levels_of_prices_take_a_bodys_multiplier_into_account(whole: Scenario) -> None:
    vocabulary = vocabulary_of(whole)
    row = vocabulary.terms.tolist().index(Own.MOVE_COST)
    assert vocabulary.least[row].tolist() == [0, 0]
    assert vocabulary.span[row].tolist() == [3, 6], "0 to 2 J, and 0 to 5 J for small ones"
    assert vocabulary.terms.tolist() == [
        Own.ALTAR_COST,
        Own.MOVE_COST,
        Own.TALK_COST,
        Own.BOND_COST,
        Own.DAMAGE,
        Own.GREEN_VALUE,
    ]


def test_only_the_agents_asked_for_get_a_row(mixed: Scenario) -> None:
    vocabulary = vocabulary_of(mixed)
    (observation,) = observations(mixed, n_worlds=2, n_steps=0)
    everyone = bags_of(observation, np.arange(6), vocabulary)
    assert bags_of(observation, np.array([4, 1]), vocabulary) == [everyone[4], everyone[1], everyone[10], everyone[7]]


@pytest.mark.interpreted
def test_grades_of_kinship() -> None:
    for sixteenths in range(-16, 17):
        assert GRADE_NAMES[grade(sixteenths)] == naive_grade(sixteenths / 16)
    assert len(GRADE_NAMES) == GRADES
