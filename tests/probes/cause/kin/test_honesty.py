"""Deception is what is false, heeded and of use to who says it; each of the three can be missing."""

import numpy as np
import pytest

from commlab.agents.scripted.policy import Planted, plant
from commlab.env.loading import load_scenario
from commlab.probes.cause.kin import honesty
from commlab.probes.cause.kin.setting import prepare

N = 96
SPITE = {"channel.vocabulary": 40, "kinship.structure": "matrix", "kinship.matrix": [[1, -1], [-1, 1]]}


def spiteful(language: str, listener: str) -> Planted:
    """A scout that has what its gatherer loses, and the other way round."""
    return plant(language, 3, listener, load_scenario("lookout", SPITE))


@pytest.mark.parametrize(
    ("agents", "verdict"),
    [
        (spiteful("lying", "obeying"), "deception"),
        (spiteful("lying", "deaf"), "lies unheeded"),
        (plant("lying", 0, "obeying"), "lies without gain"),  # strangers' losses are nothing to the scout
        (plant("holistic", 0, "obeying"), "no lies"),
        (plant("kin-only", 0, "obeying"), "no lies"),
        (plant("noise", 0, "obeying"), "cannot tell"),
    ],
)
def test_verdicts(agents: Planted, verdict: str) -> None:
    found = honesty.fit(agents, N, n_null=99)
    assert found.details["verdict"] == verdict
    assert found.details["deception"] == (verdict == "deception")
    assert found.to_json()


def test_gains_are_what_the_gatherer_loses() -> None:
    found = honesty.fit(spiteful("lying", "obeying"), N, n_null=99)
    gains = found.details["gains"]
    assert gains["truth"]["difference"] > gains["silence"]["difference"] > 0
    assert found.estimate == gains["silence"]["difference"]
    assert "Speakers deceive strangers" in found.sentence


def test_nothing_replaced_changes_nothing() -> None:
    setting = prepare(plant("lying", 1), 64, 0)
    untouched = setting.natural.reward[:, :, [0]].sum(axis=0)
    assert (honesty.replaced(setting, np.full(64, -1), "silence") == untouched).all()


def test_the_truth_in_place_of_lies_is_what_an_honest_speaker_says() -> None:
    lying, honest = (prepare(plant(name, 0, scenario=load_scenario("lookout", SPITE)), 64, 0) for name in
                     ("lying", "synonymous"))  # fmt: skip
    corrected = honesty.replaced(lying, np.zeros(64, np.int64), "truth")
    returns = honest.natural.reward[:, :, [0]].sum(axis=0)
    assert corrected.mean() == pytest.approx(returns.mean(), abs=0.5)
    assert abs(corrected.mean() - lying.natural.reward[:, :, 0].sum(axis=0).mean()) > 3
