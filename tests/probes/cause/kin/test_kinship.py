"""Experiments on kinship find what scripted agents are known to do with strangers, and nothing where it is nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from commlab.agents.scripted.policy import Planted, plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.kin import kinship
from commlab.probes.cause.kin.kinship import Sides, both_sides
from commlab.probes.cause.kin.setting import KIN, STRANGER, Setting, prepare

N = 96
LEVELS = (-1.0, 0.5)
Known = Callable[[str, str, int], tuple[Setting, Sides]]


@pytest.fixture(scope="module")
def known() -> Known:
    """What scripted agents of a language, a listener and a codebook are found to do; each found once."""
    found: dict[tuple[str, str, int], tuple[Setting, Sides]] = {}

    def find(language: str, listener: str, seed: int) -> tuple[Setting, Sides]:
        if (language, listener, seed) not in found:
            setting = prepare(plant(language, seed, listener), N, seed)
            found[language, listener, seed] = setting, both_sides(setting, LEVELS if language == "lying" else (), 99)
        return found[language, listener, seed]

    return find


@pytest.mark.parametrize(
    ("language", "seed", "speaks", "listener", "heeds"),
    [
        ("holistic", 0, "tells everyone", "obeying", "heeds everyone"),
        ("kin-only", 5, "silent to strangers", "obeying-kin", "ignores strangers"),
        ("lying", 0, "lies to strangers", "obeying", "heeds everyone"),
        ("compositional", 7, "tells everyone", "deaf", "heeds nobody"),
    ],
)
def test_what_is_planted_is_found(
    known: Known, language: str, seed: int, speaks: str, listener: str, heeds: str
) -> None:
    _, (speaking, obeying) = known(language, listener, seed)
    assert speaking.told["conclusion"] == speaks
    assert obeying.told["conclusion"] == heeds


def test_what_kinship_does_not_change_differs_by_exactly_nothing(known: Known) -> None:
    _, (speaking, obeying) = known("holistic", "obeying", 0)
    assert all(test.interval == (0, 0) for test in speaking.tests.values())
    assert obeying.told["words"]["tests"]["kin_less_strangers"]["difference"] == 0


def test_every_level_is_played(known: Known) -> None:
    _, (speaking, obeying) = known("lying", "obeying", 0)
    shown = [-1.0, STRANGER, 0.5, KIN]
    assert [row["shown"] for row in speaking.told["levels"]] == shown
    assert [row["shown"] for row in obeying.told["words"]["levels"]] == shown
    assert [row["false"]["share"] for row in speaking.told["levels"]] == [1, 1, 0, 0]


def test_what_is_seen_without_intervening_agrees(known: Known) -> None:
    setting, (speaking, _) = known("lying", "obeying", 0)
    strangers, kin = speaking.told["observed"]
    assert (strangers["kinship"], kin["kinship"]) == (0, 1)
    assert (strangers["false_given_speech"]["share"], kin["false_given_speech"]["share"]) == (1, 0)
    assert strangers["true"]["n_episodes"] == setting.strangers.sum()
    assert speaking.told["observed_tests"]["false_given_speech"]["p_value"] < 0.05


def test_lies_are_false_more_often_than_what_is_said_at_random(known: Known) -> None:
    _, (speaking, _) = known("lying", "obeying", 0)
    strangers = speaking.told["levels"][1]
    assert strangers["false_by_chance"] < 0.95 < strangers["false_given_speech"]["share"]
    assert speaking.told["true_in_their_code"]["share"] < 0.5


def test_a_listener_with_a_code_of_its_own_heeds_nobody() -> None:
    _, obeying = both_sides(prepare(plant("holistic", 6, "noise-driven"), N, 6), (), 99)
    words = obeying.told["words"]
    assert words["levels"][-1]["bits"] > 1  # it is moved by words
    assert words["luck"]["kin"] > 0.1
    assert obeying.told["conclusion"] == "heeds nobody"


def test_what_says_nothing_of_crystals_is_neither_true_nor_false() -> None:
    setting = prepare(plant("noise", 0), N, 0)
    speaking, obeying = both_sides(setting, (), 99)
    assert speaking.told["conclusion"] == "cannot tell"
    assert obeying.told["conclusion"] == "cannot tell"
    assert "does not tell where crystals are" in speaking.told["sentence"]


class Dialect:
    """A policy that tells strangers the truth in other words: every symbol is the next one."""

    def __init__(self, inner: Planted) -> None:
        self.inner = inner.policy
        self.initial_state, self.fork_state = self.inner.initial_state, self.inner.fork_state

    def step(self, observation, state, draws, hooks=None):  # type: ignore[no-untyped-def]
        decision = self.inner.step(observation, state, draws, hooks)
        stranger = ~(observation.entities[:, 0, :, 3] > 0).any(axis=1)
        said = decision.message[stranger, 0]
        decision.message[stranger, 0] = np.where(said > 0, said % 39 + 1, 0)
        return decision


def test_another_code_is_no_lie() -> None:
    planted = plant("synonymous", 0)
    agents = planted._replace(policy=Dialect(planted))  # type: ignore[arg-type]
    speaking, _ = both_sides(prepare(agents, N, 0), (), 99)
    assert speaking.tests["true"].less
    assert speaking.told["conclusion"] == "another code to strangers"


def test_who_is_always_kin_stays_kin() -> None:
    setting = prepare(plant("holistic", 0, scenario=load_scenario("rivals", {"channel.vocabulary": 40})), 64, 0)
    assert setting.not_always_kin(0) == (2, 3)
    assert setting.strangers.all()
    assert {one.others for one in setting.showing(setting.roles.speakers, KIN).changes} == {(2, 3), (0, 1)}


def test_families_with_one_policy_in_rivals() -> None:
    setting = prepare(plant("holistic", 0, scenario=load_scenario("rivals", {"channel.vocabulary": 40})), N, 0)
    speaking, obeying = both_sides(setting, (), 99)
    assert speaking.told["claim"] == "any"  # two crystals are often equally near
    assert [row["conclusion"] for row in speaking.told["by_speaker"]] == ["tells everyone"] * 2
    assert obeying.told["conclusion"] == "heeds everyone"
    assert obeying.told["own"]["conclusion"] == "heeds everyone"


def test_a_result_that_can_be_saved_and_repeated(tmp_path_factory: pytest.TempPathFactory) -> None:
    agents = plant("kin-only", 1)
    first, second = (kinship.fit(agents, 64, 3, n_null=19, levels=()) for _ in range(2))
    assert replace(first, provenance={}).to_json() == replace(second, provenance={}).to_json()
    saved = Result.load(first.save(tmp_path_factory.mktemp("results")))
    assert saved.estimate == first.estimate == 1
    assert saved.sentence.startswith("Speakers fall silent to strangers: shown strangers they tell the truth at 0 %")


@pytest.mark.parametrize(
    ("agents", "n_episodes", "sentence"),
    [
        (lambda: plant("holistic", 0), 8, "8 episodes are too few"),
        (lambda: plant("silent", 0), 64, "Nothing is said to kin"),
        (lambda: plant("holistic", scenario=world("lookout", {})), 64, "Everybody is kin in 'lookout'"),
        (lambda: plant("holistic", scenario=world("rivals", {"kinship.hidden": True})), 64, "Kinship is hidden"),
        (lambda: plant("holistic", 0)._replace(facts={"muted": True}), 64, "trained with the channel muted"),
    ],
)
def test_where_the_question_has_no_sense(agents: Callable[[], Planted], n_episodes: int, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        prepare(agents(), n_episodes, 0)


def world(name: str, changes: dict[str, object]):  # type: ignore[no-untyped-def]
    """A scenario with words enough for a planted language."""
    return load_scenario(name, {"channel.vocabulary": 40, **changes})
