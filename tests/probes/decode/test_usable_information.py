"""V-information: the entropy of what is copied, less than nothing in noise; and what confounds leave of it."""

import numpy as np
import pytest
from scipy.stats import norm

from commlab.foundation.errors import DataError, TargetError
from commlab.probes.decode import usable_information
from commlab.probes.decode.confounds import source_residuals, without_own_episode
from commlab.probes.decode.linear import make_design
from commlab.probes.decode.log_loss import log_likelihood, prior_log_likelihood

NOW = -1  # the lag at which own_next_action is the action of the same step
QUICK = {"n_null": 19}


def recorded(write, follow=0.0, copies=False, n_episodes=40, seed=0):
    """A place that changes now and then; actions that follow it or not; messages that name it, or copy the action."""
    rng = np.random.default_rng(seed)
    shape = (n_episodes, 24, 1)
    place = np.repeat(rng.integers(0, 3, (n_episodes, 6, 1)), 4, axis=1)
    action = np.where(rng.random(shape) < follow, place, rng.integers(0, 3, shape))
    named = np.where(rng.random(shape) < 0.8, action if copies else place, rng.integers(0, 3, shape))
    position = np.stack([place, np.ones_like(place)], axis=-1).astype(np.int16)
    return write(
        {
            "channel/said": named[..., None].astype(np.uint8),
            "policy/action": action.astype(np.uint8),
            "agents/position": position,
        }
    )


def test_a_copied_label_has_the_information_of_its_entropy(write):
    action = np.random.default_rng(0).choice(4, p=[0.5, 0.25, 0.125, 0.125], size=(60, 40, 1)).astype(np.uint8)
    recording = write({"channel/said": action[..., None], "policy/action": action})
    found = usable_information.fit(recording, "own_next_action", lag=NOW, **QUICK)
    assert found.estimate == pytest.approx(1.75, abs=0.05)
    assert found.details["share"] == pytest.approx(1, abs=0.02)
    assert found.p_value == pytest.approx(0.05)


def test_noise_has_less_than_nothing(write):
    rng = np.random.default_rng(0)
    columns = {"policy/hidden.core": rng.normal(size=(20, 20, 1, 12)), "policy/action": rng.integers(0, 3, (20, 20, 1))}
    recording = write(
        {name: values.astype(np.uint8 if "act" in name else np.float16) for name, values in columns.items()}
    )
    found = usable_information.fit(recording, "own_next_action", "hidden", lag=NOW, **QUICK)
    assert -0.3 < found.estimate < 0
    assert found.p_value > 0.05
    assert found.estimate == pytest.approx(found.null.mean, abs=0.1)


def test_numbers_are_given_a_gaussian():
    rng = np.random.default_rng(0)
    n = 4000
    features = rng.normal(size=(n, 3))
    values = features @ np.array([2.0, -1.0, 0.5]) + 3 + rng.normal(size=n)
    sizes = np.full(4, n // 4)
    design = make_design(features.astype(np.float32), sizes, np.ones(n, dtype=bool))
    found = log_likelihood(design, values, 0)
    truth = norm.logpdf(values, features @ np.array([2.0, -1.0, 0.5]) + 3) / np.log(2)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.01)
    plain = norm.logpdf(values, values.mean(), values.std()) / np.log(2)
    assert prior_log_likelihood(values, 0, sizes).mean() == pytest.approx(plain.mean(), abs=0.01)
    assert (log_likelihood(design, np.where(np.arange(n) < 5, np.nan, values), 0)[:5] == 0).all()


def test_a_message_that_only_names_the_place_adds_nothing_beyond_the_place(write):
    recording = recorded(write, follow=0.7)
    alone = usable_information.fit(recording, "own_next_action", lag=NOW, **QUICK)
    assert alone.estimate > 0.2
    beyond = usable_information.fit(recording, "own_next_action", lag=NOW, confounds=("own_position", "time"), **QUICK)
    assert beyond.estimate < 0.02
    assert beyond.p_value > 0.05
    assert "beyond own_position and time" in beyond.sentence


def test_a_message_about_something_else_keeps_its_information(write):
    recording = recorded(write, follow=0.7, copies=True)
    found = usable_information.fit(recording, "own_next_action", lag=NOW, confounds=("own_position", "time"), **QUICK)
    assert found.estimate > 0.2
    assert found.p_value < 0.01
    assert found.interval[0] > 0.1


def test_the_false_positive_rate_of_the_gain_is_what_it_says(write):
    hits = 0
    for seed in range(40):
        recording = recorded(write, follow=0.7, n_episodes=24, seed=seed)
        found = usable_information.fit(recording, "own_next_action", lag=NOW, confounds=("own_position",), n_null=0)
        hits += found.p_value <= 0.05
    assert hits <= 6  # 2 are expected; more than 6 come less than once in 200 times


def test_the_nonlinear_family_uses_what_the_linear_one_cannot(write):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (40, 20, 1, 2))
    hidden = ((2 * bits - 1) @ rng.normal(size=(2, 8)) + 0.3 * rng.normal(size=(40, 20, 1, 8))).astype(np.float16)
    recording = write({"policy/hidden.core": hidden, "policy/action": (bits[..., 0] ^ bits[..., 1]).astype(np.uint8)})
    asked = (recording, "own_next_action", "hidden")
    linear, nonlinear = (
        usable_information.fit(*asked, lag=NOW, n_null=0, model=model) for model in ("logistic", "nonlinear")
    )
    assert linear.estimate < 0.02
    assert nonlinear.estimate > 0.9


def test_what_cannot_be_asked_is_refused_in_one_sentence(planted_recording):
    recording = planted_recording()
    with pytest.raises(DataError, match="logistic or nonlinear"):
        usable_information.fit(recording, "resource_location", model="linear")
    with pytest.raises(TargetError, match="own_positio"):
        usable_information.fit(recording, "resource_location", confounds=("own_positio",))
    with pytest.raises(DataError, match="silence"):
        usable_information.fit(planted_recording("silent"), "resource_location")


def test_residuals_without_the_own_episode_are_those_of_a_fit_to_the_others():
    rng = np.random.default_rng(4)
    episode = np.repeat(np.arange(6), [3, 5, 4, 6, 2, 4])
    confounds, source = rng.normal(size=(24, 3)).astype(np.float32), rng.normal(size=(24, 2))
    centred = confounds - confounds.mean(0, dtype=np.float64)
    ridge = 24 * 0.01 * np.eye(3)
    precision = np.linalg.inv((centred.T @ centred + ridge) / 24)
    residuals = source_residuals(confounds, source, precision)
    found = without_own_episode(residuals, confounds, precision, episode)
    design = np.hstack([np.ones((24, 1)), centred])
    penalty = np.zeros((4, 4))
    penalty[1:, 1:] = ridge
    for number in range(6):
        own, others = episode == number, episode != number
        slopes = np.linalg.solve(design[others].T @ design[others] + penalty, design[others].T @ source[others])
        np.testing.assert_allclose(found[own], source[own] - design[own] @ slopes, atol=1e-6)
