"""Influence: what is asked changes nothing, the deaf score exactly 0, and numbers are those of the reference cases."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.scripted.policy import plant
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.types import Slot
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import entropy
from commlab.probes.cause.evidence import influence, listening
from commlab.probes.cause.evidence.answers import MOST_MESSAGES, Answers, ask, repertoire_of, told
from commlab.probes.cause.evidence.influence import LISTENS, influences
from commlab.probes.cause.evidence.listening import positive_listening
from commlab.probes.cause.roles import roles_of
from commlab.probes.cause.twins import play
from commlab.probes.cause.untrained import untrained_twin
from commlab.probes.decode.coordination import cic

CASES = Path(__file__).parents[3] / "refcases"
N = 24  # episodes


@pytest.fixture(scope="module")
def heeded(obeying: Any) -> Answers:
    answers = ask(obeying, N)
    assert answers is not None
    return answers


@pytest.fixture(scope="module")
def trained() -> Any:
    """A network as it is before training, in the place of a trained one."""
    from commlab.agents.checkpoint import Checkpoint

    scenario = load_scenario("lookout", {"steps": 16})
    return Checkpoint(RecurrentPolicy(scenario, 8, "agent"), scenario, {"grounding": "none"}, "sha")


def test_many_moments_at_once_are_each_as_one_alone() -> None:
    rng = np.random.default_rng(0)
    answers, q = rng.dirichlet(np.ones(4), (50, 6)), rng.dirichlet(np.ones(6), 50)
    assert influences(answers, q) == pytest.approx([cic(a, w) for a, w in zip(answers, q, strict=True)], abs=1e-12)
    assert influences(answers, q[0]) == pytest.approx([cic(a, q[0]) for a in answers], abs=1e-12)


@pytest.mark.parametrize("name", ["deaf", "perfect", "partial", "unused_symbol"])
def test_the_reference_cases_with_their_sum(name: str) -> None:
    arrays = np.load(CASES / "05_cic_tabular.npz")
    expected = json.loads((CASES / "05_cic_tabular.json").read_text())["expected"][name]["corrected MI (nats)"]
    found = influences(arrays[f"{name}_p_a_given_do_c"][None], arrays[f"{name}_p_c"])
    assert found[0] * np.log(2) == pytest.approx(expected, abs=1e-9)


def test_who_answers_all_messages_alike_has_exactly_none() -> None:
    rng = np.random.default_rng(1)
    alike = np.repeat(rng.dirichlet(np.ones(5), (200, 1)), 7, axis=1)
    assert (influences(alike, rng.dirichlet(np.ones(7), 200)) == 0).all()


def test_positive_listening_is_the_reference_cases_loss() -> None:
    arrays = np.load(CASES / "07_eccles_losses.npz")
    expected = json.loads((CASES / "07_eccles_losses.json").read_text())["expected"]
    policies = [softmax(arrays[name]) for name in ("action_logits", "action_logits_no_message")]
    loss = -positive_listening(*policies).mean()
    assert loss == pytest.approx(expected["positive listening L_pl = -mean_t sum_a |pi - pi_bar|"], abs=1e-5)


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: np.ndarray = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def test_to_be_told_what_one_hears_changes_nothing(heeded: Answers) -> None:
    known = heeded.heard >= 0
    assert known.mean() > 0.9
    again = heeded.probability[np.flatnonzero(known), heeded.heard[known]]
    np.testing.assert_array_equal(again, heeded.natural[known])


def test_asking_leaves_the_episodes_as_they_are(obeying: Any) -> None:
    natural = play(obeying, N)
    steps = np.unique(ask(obeying, N).step)  # type: ignore[union-attr]
    again = ask(obeying, N, natural=natural)
    assert again is not None
    assert (np.unique(again.step) == steps).all()
    for moment in range(0, len(again), 37):
        logits = natural.logits[again.step[moment], again.episode[moment], again.listener[moment]]
        assert softmax(logits.astype(float)) == pytest.approx(again.natural[moment], abs=1e-6)


def test_who_obeys_listens(obeying: Any) -> None:
    result = influence.fit(obeying, N)
    assert result.estimate is not None
    assert result.interval is not None
    assert LISTENS < result.interval[0] <= result.estimate <= result.interval[1]
    assert result.details["listens"]
    assert result.details["untrained"] is None
    measures = result.details["measures"]
    assert measures["given_state"]["mean"] == pytest.approx(0, abs=0.05)  # its speaker is sure of what to say
    shares = [row["share"] for row in result.details["messages"]]
    assert measures["marginal"]["mean"] <= entropy([round(1e6 * share) for share in shares]) + 1e-6
    assert result.estimate == pytest.approx(np.mean([row["bits"] for row in result.details["listeners"]]))
    assert "they listen" in result.sentence
    result.to_json()


def test_the_deaf_have_exactly_none(deaf: Any) -> None:
    result = influence.fit(deaf, N)
    assert result.estimate == 0
    assert result.interval == (0, 0)
    assert all(one["mean"] == 0 for one in result.details["measures"].values())
    assert not result.details["listens"]
    answers = ask(deaf, N)
    assert answers is not None
    assert listening.fit(answers).estimate == 0


def test_a_clock_minds_whether_it_hears_and_not_what() -> None:
    result = influence.fit(plant("kin-only", 0, "clock"), N)
    measures = result.details["measures"]
    assert measures["spoken"]["mean"] == 0
    assert measures["marginal"]["mean"] > LISTENS
    answers = ask(plant("kin-only", 0, "clock"), N)
    assert answers is not None
    assert (listening.fit(answers).estimate or 0) > 0


def test_without_speech_there_is_no_influence() -> None:
    result = influence.fit(plant("silent"), N)
    assert result.estimate is None
    assert not result.details["listens"]
    assert "nothing is ever said" in result.sentence


def test_an_untrained_network_is_the_same_before_training(trained: Any) -> None:
    twin = untrained_twin(trained)
    assert twin is not None
    assert len(twin.policy.groups) == len(trained.policy.groups) == 2
    assert twin.facts["agent_steps"] == 0
    assert untrained_twin(plant("holistic")) is None
    result = influence.fit(trained, N)
    assert result.null is not None
    assert result.null.method == "untrained network"
    assert not result.details["listens"]


def test_who_lives_muted_hears_nothing_that_is_said(trained: Any) -> None:
    muted = trained._replace(facts={**trained.facts, "muted": True})
    answers = ask(muted, N)
    assert answers is not None
    assert (answers.probability == answers.natural[:, None]).all()
    assert influence.fit(muted, N, compare=False).estimate == 0


def test_too_many_messages_are_the_most_frequent_ones() -> None:
    planted = plant("compositional", 0)
    trace = play(planted, 64)
    repertoire = repertoire_of(trace, roles_of(planted.scenario).speakers)
    assert repertoire is not None
    assert len(repertoire) == min(MOST_MESSAGES, repertoire.n_used)
    assert repertoire.share.sum() == pytest.approx(1)
    assert 0 < repertoire.coverage <= 1
    assert (np.diff(repertoire.share) <= 0).all()


def test_a_message_is_put_into_the_first_slot_and_silence_frees_it() -> None:
    scenario = load_scenario("lookout", {"channel.slots": 2})
    worlds = WorldBatch(scenario, 2, 0)
    seen = worlds.reset(np.arange(2))
    seen.heard[0, 1, :, 0] = 3, 4
    seen.slots[0, 1, :, Slot.PRESENT] = 1
    seen.slots[0, 1, 0, Slot.KINSHIP] = 5
    seen.speaker[0, 1] = 0, 1
    kinship = np.full((2, 2), 7, np.int8)
    before = [array.copy() for array in seen]
    other = told(seen, (1,), np.array([9], np.uint8), kinship)
    assert other.heard[:, 1, 0, 0].tolist() == [9, 9]
    assert other.slots[:, 1, 0, Slot.KINSHIP].tolist() == [5, 7]  # the speaker's own, and a phantom's
    assert other.speaker[:, 1, 0].tolist() == [0, -1]
    silent = told(seen, (1,), np.array([0], np.uint8), kinship)
    assert silent.heard[0, 1, :, 0].tolist() == [4, 0]
    assert silent.slots[0, 1, :, Slot.PRESENT].tolist() == [1, 0]
    assert silent.speaker[0, 1].tolist() == [1, -1]
    assert (silent.slots[1] == seen.slots[1]).all()
    assert all((one == two).all() for one, two in zip(before, seen, strict=True))


def test_too_few_episodes_are_refused(obeying: Any) -> None:
    with pytest.raises(DataError, match="7 episodes are too few"):
        influence.fit(obeying, 7)
