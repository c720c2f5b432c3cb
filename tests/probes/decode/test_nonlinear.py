"""The nonlinear probe: it reads what is there as a product, it finds nothing in noise, and no fold sees another."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from commlab.probes.decode import probe
from commlab.probes.decode.linear import make_design
from commlab.probes.decode.nonlinear import make_nonlinear_design, symbol_products
from commlab.probes.decode.scores import ClassTask

N, N_FOLDS = 3000, 5
SIZES = np.full(N_FOLDS, N // N_FOLDS)
ALL = np.ones(N, dtype=bool)


@pytest.fixture(scope="module")
def exclusive_or():
    """Hidden states (N, 32) of two bits along random directions, in noise, and whether the bits differ."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (N, 2))
    features = (2 * bits - 1) @ rng.normal(size=(2, 32)) + rng.normal(size=(N, 32))
    return features.astype(np.float32), bits[:, 0] ^ bits[:, 1]


def accuracy(found, labels):
    return float(np.mean(found == labels))


def test_exclusive_or_is_read_by_the_nonlinear_probe_and_not_by_the_linear_one(exclusive_or):
    features, labels = exclusive_or
    linear = make_design(features.copy(), SIZES, ALL).classify(labels, 2)
    nonlinear = make_nonlinear_design(features, SIZES, ALL, seed=0).classify(labels, 2)
    assert accuracy(linear, labels) < 0.55
    assert accuracy(nonlinear, labels) > 0.97


def test_a_number_that_is_a_product_is_read(exclusive_or):
    features = exclusive_or[0]
    values = (features[:, 0] * features[:, 1]).astype(np.float64)
    linear = make_design(features.copy(), SIZES, ALL).regress(values)[:, 0]
    nonlinear = make_nonlinear_design(features, SIZES, ALL, seed=0).regress(values)[:, 0]
    assert r2_score(values, linear) < 0.1
    assert r2_score(values, nonlinear) > 0.5


def test_nothing_is_found_in_noise(exclusive_or):
    labels = np.random.default_rng(1).integers(0, 2, N)
    found = make_nonlinear_design(exclusive_or[0], SIZES, ALL, seed=0).classify(labels, 2)
    assert accuracy(found, labels) == pytest.approx(0.5, abs=0.04)


def test_the_scaler_and_the_features_of_a_fold_come_from_the_others(exclusive_or):
    features, labels = exclusive_or
    moved = features.copy()
    moved[: SIZES[0]] *= 100  # held out by fold 0 only
    plain = make_nonlinear_design(features, SIZES, ALL, seed=0).designs[0]
    other = make_nonlinear_design(moved, SIZES, ALL, seed=0).designs[0]
    assert plain.features[SIZES[0] :] == pytest.approx(other.features[SIZES[0] :], abs=1e-3)
    assert plain.precision == pytest.approx(other.precision, rel=1e-2, abs=1e-2)


def test_the_seed_fixes_the_features(exclusive_or):
    one, same, other = (
        make_nonlinear_design(exclusive_or[0], SIZES, ALL, seed=seed).features[:, 32:] for seed in (3, 3, 4)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_products_of_symbols_are_those_that_occur():
    codes = np.array([[1, 2], [1, 3], [0, 2], [1, 2]])
    assert symbol_products(codes).sum(0).tolist() == [2, 1, 1]
    assert symbol_products(codes[:, :1]).shape == (4, 0)


def test_a_code_in_two_symbols_together_needs_their_product(write):
    rng = np.random.default_rng(0)
    said = rng.integers(0, 2, (40, 20, 1, 2)).astype(np.uint8)
    action = (said[..., 0] ^ said[..., 1]).astype(np.uint8)
    recording = write({"channel/said": said, "policy/action": action})
    linear, nonlinear = (
        probe.fit(recording, "own_next_action", lag=-1, n_null=19, model=model) for model in ("linear", "nonlinear")
    )
    assert linear.estimate < 0.6
    assert nonlinear.estimate == 1
    assert (linear.details["model"], nonlinear.details["model"]) == ("linear", "nonlinear")
    assert nonlinear.name.endswith("-nonlinear")
    assert "a nonlinear probe" in nonlinear.sentence


@pytest.mark.parametrize("model", ["logistic", "nonlinear"])
def test_every_model_reads_a_planted_language_and_is_at_the_null_in_noise(planted_recording, model):
    found = probe.fit(planted_recording(), "resource_location", n_null=19, model=model)
    assert found.estimate > 0.9
    assert found.p_value == pytest.approx(0.05)
    noise = probe.fit(planted_recording("noise"), "resource_location", n_null=19, model=model)
    assert noise.null.low - 0.05 < noise.estimate < noise.null.high + 0.03


@pytest.mark.parametrize("model", ["logistic", "nonlinear"])
def test_the_null_does_not_depend_on_the_number_of_workers(planted_recording, monkeypatch, model):
    draws = []
    for workers in ("1", "2"):
        monkeypatch.setenv("COMMLAB_WORKERS", workers)
        found = probe.fit(planted_recording(), "own_next_action", "hidden", of="gatherer", n_null=21, model=model)
        draws.append(found.details["null_draws"].tolist())
    assert draws[0] == draws[1]


def test_balanced_accuracy_takes_any_model(exclusive_or):
    design = make_nonlinear_design(exclusive_or[0], SIZES, ALL, seed=0)
    task = ClassTask(2)
    found = task.predict(design, exclusive_or[1])
    assert task.score(task.sums(found, exclusive_or[1], np.zeros(N, dtype=int), 1))[0] > 0.97
