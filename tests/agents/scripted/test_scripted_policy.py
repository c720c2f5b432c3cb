"""Scripted agents: what is said is what is there, listeners do as their kind does, and episodes repeat exactly."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from commlab.agents.intervention import Intervention
from commlab.agents.plan import NO_PLAN, Plan, make_plan
from commlab.agents.rollout import Moment, Returns, Rollout
from commlab.agents.scripted.ground import SECTORS, ground_of
from commlab.agents.scripted.language import LANGUAGES, Language
from commlab.agents.scripted.listening import LISTENERS
from commlab.agents.scripted.policy import Planted, plant
from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices
from commlab.env.loading import load_scenario
from commlab.env.types import VIEW, Cell, Rules, World
from commlab.foundation.errors import DataError, ScenarioError

MIDDLE, SCOUT, GATHERER = 5, 0, 1


class Played(NamedTuple):
    """What a scout saw and said in (W, T), and whether its gatherer is kin (W,)."""

    case: Any
    said: Any  # (W, T, L)
    position: Any  # (W, T, 2) of the gatherer
    action: Any  # (W, T) of the gatherer
    kin: Any
    logits: Any  # (W, T, A, …)


class Eye:
    """A watcher that reads the world itself, not what is observed."""

    def __init__(self, language: Language, rules: Rules) -> None:
        self.language, self.rules = language, rules
        self.steps: list[tuple[Any, ...]] = []
        self.logits: list[Any] = []

    def before(self, moment: Moment) -> None:
        world = moment.world
        kin = kinship_matrices(world, self.rules)[:, SCOUT, GATHERER] > 0
        here = np.stack([world.row[:, GATHERER], world.column[:, GATHERER]], axis=-1) - VIEW
        decision = moment.decision
        self.steps.append(
            (self.true_case(world), decision.message[:, SCOUT].copy(), here, decision.action[:, 1].copy(), kin)
        )
        self.logits.append(decision.logits.copy())

    def after(self, t: int, world: World) -> None:
        pass

    def true_case(self, world: World) -> Any:
        """The case by the definition of the targets: the first listed of the crystals that are nearest by walking."""
        rows, columns = world.object_row - VIEW - MIDDLE, world.object_column - VIEW - MIDDLE
        crystal = (world.kind >= Cell.CRYSTAL_GREEN) & (world.kind <= Cell.CRYSTAL_BLUE) & (world.stock > 0)
        which = np.where(crystal, abs(rows) + abs(columns), 99).argmin(axis=1)[:, None]
        row, column, kind = (np.take_along_axis(a, which, 1)[:, 0] for a in (rows, columns, world.kind))
        sector = np.rint(np.degrees(np.arctan2(column, -1 * row)) / 45).astype(int) % 8
        return sector * 4 + kind - Cell.CRYSTAL_GREEN


def played(planted: Planted, n_worlds: int = 64, first: int = 0, plan: Plan = NO_PLAN) -> Played:
    worlds = WorldBatch(planted.scenario, n_worlds, 5)
    rollout, eye = Rollout(worlds, planted.policy, plan), Eye(planted.policy.language, worlds.rules)
    rollout.begin(np.arange(first, first + n_worlds))
    rollout.run(planted.scenario.steps, eye)
    case, said, position, action, kin = (np.stack(part, axis=1) for part in zip(*eye.steps, strict=True))
    return Played(case, said, position, action, kin[:, 0], np.stack(eye.logits, axis=1))


def deliveries(planted: Planted, n_worlds: int = 128, kin: bool | None = None) -> Any:
    """Rewards of each episode."""
    worlds = WorldBatch(planted.scenario, n_worlds, 5)
    rollout, returns = Rollout(worlds, planted.policy), Returns(n_worlds, planted.scenario.n_agents)
    rollout.begin(np.arange(n_worlds))
    related = kinship_matrices(worlds.world, worlds.rules)[:, SCOUT, GATHERER] > 0
    rollout.run(planted.scenario.steps, returns)
    return returns.own.sum(axis=1)[related == kin if kin is not None else slice(None)]


def is_said(language: Language, game: Played) -> Any:
    """Whether what is said is one of the messages for what is there, (W, T)."""
    messages = language.messages.reshape(32, -1, language.length)[game.case]
    return (messages == game.said[:, :, None]).all(axis=-1).any(axis=-1)


TRUE = (
    "holistic",
    "holistic-pairs",
    "compositional",
    "positional",
    "synonymous",
    "polysemous",
    "context",
    "distractor",
)


@pytest.mark.parametrize("name", TRUE)
def test_speakers_say_what_is_there(name: str) -> None:
    planted = plant(name, 3)
    game = played(planted)
    assert is_said(planted.policy.language, game).all()
    n = planted.policy.language.messages.shape[2]
    if n > 1:  # each of the messages for a case in its turn
        messages = planted.policy.language.messages.reshape(32, n, -1)[game.case]
        chosen = (messages == game.said[:, :, None]).all(axis=-1).argmax(axis=-1)
        assert np.bincount(chosen.ravel(), minlength=n) / chosen.size == pytest.approx(np.full(n, 1 / n), abs=0.03)


def test_strangers_are_told_nothing_by_a_kin_only_speaker_and_another_place_by_a_liar() -> None:
    silent, lying = plant("kin-only", 3), plant("lying", 3)
    game = played(silent)
    assert 0.2 < game.kin.mean() < 0.8
    assert is_said(silent.policy.language, game)[game.kin].all()
    assert (game.said[~game.kin] == 0).all()
    game = played(lying)
    told = is_said(lying.policy.language, game)
    assert told[game.kin].all()
    assert not told[~game.kin].any()
    places = {entry.symbols[0]: SECTORS.index(next(iter(entry.meaning))[1]) for entry in lying.policy.language.entries}
    claimed = np.vectorize(places.get)(game.said[~game.kin][..., 0])
    turned = (claimed - game.case[~game.kin] // 4) % 8
    shares = np.bincount(turned.ravel(), minlength=8) / turned.size
    assert shares[0] == 0
    assert shares[1:] == pytest.approx(np.full(7, 1 / 7), abs=0.05)
    same = (game.case[:, 1:] == game.case[:, :-1])[~game.kin]
    assert (claimed[:, 1:] == claimed[:, :-1])[same].all(), "a liar sticks to a lie"


def test_noise_knows_nothing_and_may_drift() -> None:
    quick, slow = played(plant("noise", 3)), played(plant("drifting-noise", 3))
    again = [float((game.said[:, 1:] == game.said[:, :-1]).mean()) for game in (quick, slow)]
    assert again == pytest.approx([1 / 32, 0.9 + 0.1 / 32], abs=0.02)
    table = np.zeros((40, 8))
    np.add.at(table, (quick.said[..., 0].ravel(), quick.case.ravel() // 4), 1)
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    heard = expected[:, 0] > 0
    assert (np.abs(table - expected)[heard] / np.sqrt(expected[heard])).max() < 5
    assert (played(plant("silent", 3)).said == 0).all()


@pytest.mark.parametrize("name", ["holistic", "compositional", "kin-only"])
def test_a_slip_names_any_case(name: str) -> None:
    planted = plant(name, 3, slips=0.4)
    game = played(planted)
    kin = game.kin if name == "kin-only" else slice(None)
    right = is_said(planted.policy.language, game)[kin]
    by_chance = 1 / 8 if name == "kin-only" else 1 / 32  # that a slip names what is there
    assert right.mean() == pytest.approx(0.6 + 0.4 * by_chance, abs=0.03)
    assert name != "kin-only" or (game.said[~game.kin] == 0).all()
    with pytest.raises(DataError, match="a chance from 0 to 1"):
        plant(name, 3, slips=1.5)


@pytest.mark.parametrize("name", ["synonymous", "drifting-noise", "lying"])
def test_an_episode_is_the_same_in_any_batch(name: str) -> None:
    planted = plant(name, 3)
    many, few = played(planted, 48), played(planted, 5, first=20)
    for whole, part in zip(many, few, strict=True):
        assert np.array_equal(whole[20:25], part)


@pytest.mark.parametrize("slips", [0.0, 0.3])
@pytest.mark.parametrize("name", LANGUAGES)
def test_log_probabilities_are_those_of_what_is_drawn(name: str, slips: float) -> None:
    planted = plant(name, 3, slips=slips)
    language, n_actions = planted.policy.language, planted.scenario.n_actions
    game = played(planted, 128)
    told = game.logits[:, :, SCOUT, n_actions:].reshape(*game.said.shape, -1)
    chance = np.exp(told)
    assert chance.sum(axis=-1) == pytest.approx(np.ones(game.said.shape), abs=1e-4)
    counts = np.stack([(game.said == symbol).mean(axis=(0, 1)) for symbol in range(language.vocabulary)], axis=-1)
    assert chance.mean(axis=(0, 1)) == pytest.approx(counts, abs=0.03)
    walks = np.exp(game.logits[:, :, GATHERER, :n_actions])
    walks /= walks.sum(axis=-1, keepdims=True)
    counts = np.bincount(game.action.ravel(), minlength=n_actions) / game.action.size
    assert walks.mean(axis=(0, 1)) == pytest.approx(counts, abs=0.02)


def test_who_obeys_delivers_more_than_who_is_deaf() -> None:
    for scenario, language in ((None, "synonymous"), (load_scenario("lookout"), "holistic")):
        told, deaf = (deliveries(plant(language, 3, listener, scenario)) for listener in ("obeying", "deaf"))
        gain = told - deaf
        assert gain.mean() > 4 * gain.std() / np.sqrt(len(gain))


def test_kin_are_obeyed_and_strangers_are_not() -> None:
    obeying, kin_only, deaf = (plant("synonymous", 3, name) for name in ("obeying", "obeying-kin", "deaf"))
    assert np.array_equal(deliveries(kin_only, kin=True), deliveries(obeying, kin=True))
    assert np.array_equal(deliveries(kin_only, kin=False), deliveries(deaf, kin=False))


def test_a_lie_harms_those_who_believe_it() -> None:
    truth, lies = (deliveries(plant(name, 3), 256, kin=False) for name in ("synonymous", "lying"))
    assert truth.mean() - lies.mean() > 3 * truth.std() / np.sqrt(len(truth))


def test_the_deaf_hear_nothing_and_a_clock_hears_no_words() -> None:
    told, other, silent = plant("synonymous", 3), plant("synonymous", 4), plant("silent", 3)

    def walked(planted: Planted, listener: str) -> Any:
        return played(plant(planted.policy.language.name, planted.policy.language.seed, listener), 16).position

    assert np.array_equal(walked(told, "deaf"), walked(silent, "deaf"))
    assert np.array_equal(walked(told, "clock"), walked(other, "clock"))
    assert not np.array_equal(walked(told, "clock"), walked(silent, "clock"))
    noise = plant("noise", 3)
    assert not np.array_equal(walked(noise, "noise-driven"), walked(noise, "deaf"))
    assert np.array_equal(walked(noise, "obeying"), walked(noise, "deaf"))


def test_an_obeying_listener_goes_where_a_phantom_says() -> None:
    planted = plant("holistic", 3, scenario=load_scenario("lookout"))
    ground, language = ground_of(planted.scenario), planted.policy.language
    for place in (1, 6):
        symbol = int(language.messages[place, 0, 0, 0])
        change = Intervention("message.in", "set", symbol=symbol)
        game = played_in(planted, make_plan([(change,)] * 32, planted.scenario.steps, 2))
        site = ground.sites[ground.sites_of[place, 0]]
        near = np.abs(game - site).sum(axis=-1).min(axis=1)
        assert (near <= 1).mean() > 0.9


def played_in(planted: Planted, plan: Plan) -> Any:
    """The gatherer's places (W, T, 2)."""
    places = []

    class Feet:
        def before(self, moment: Moment) -> None:
            world = moment.world
            places.append(np.stack([world.row[:, GATHERER], world.column[:, GATHERER]], axis=-1) - VIEW)

        def after(self, t: int, world: World) -> None:
            pass

    rollout = Rollout(WorldBatch(planted.scenario, 32, 5), planted.policy, plan)
    rollout.begin(np.arange(32))
    rollout.run(20, Feet())
    return np.stack(places, axis=1)


def test_what_cannot_be_is_said() -> None:
    refused: list[tuple[type[Exception], str, Callable[[], Any]]] = [
        (DataError, "nearest is obeying", lambda: plant("holistic", 0, "obedient")),
        (ScenarioError, "take babel, lookout or rivals", lambda: plant("holistic", 0, scenario=load_scenario("arena"))),
        (DataError, "needs 32 symbols", lambda: plant("synonymous", 0, scenario=load_scenario("lookout"))),
    ]
    for error, words, call in refused:
        with pytest.raises(error, match=words):
            call()
    assert len(LISTENERS) == 5
