"""The logistic probe: against scikit-learn, several training sets at once, samples of many rows, and missing labels."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from commlab.probes.decode import logistic
from commlab.probes.decode.linear import make_design
from commlab.probes.decode.logistic import LogisticDesign, log_probabilities

N, N_FOLDS, N_CLASSES = 4000, 5, 5
FOLD = np.repeat(np.arange(N_FOLDS), N // N_FOLDS)


@pytest.fixture(scope="module")
def hidden():
    """Saturated hidden states (N, 24) of a state whose strongest direction is the class, in unequal shares."""
    rng = np.random.default_rng(0)
    inner = rng.normal(size=(N, 4))
    labels = (inner @ rng.normal(size=(4, N_CLASSES)) + np.array([0.5, 0, 0, 0, -0.5])).argmax(1)
    return np.tanh(inner @ rng.normal(size=(4, 24)) + 0.3 * rng.normal(size=(N, 24))), labels


def design(features, used=None):
    sizes = np.full(N_FOLDS, len(features) // N_FOLDS)
    used = np.ones(len(features), dtype=bool) if used is None else used
    return make_design(np.asarray(features, dtype=np.float32).copy(), sizes, used)


def slowly(features, labels, **options):
    """Held-out log-probabilities by scikit-learn, fold by fold."""
    found = np.empty((N, N_CLASSES))
    for fold in range(N_FOLDS):
        train = fold != FOLD
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, tol=1e-6, **options))
        found[~train] = model.fit(features[train], labels[train]).predict_log_proba(features[~train])
    return found


def test_probabilities_are_those_of_scikit_learn(hidden):
    ours, theirs = log_probabilities(design(hidden[0]), hidden[1], N_CLASSES), slowly(*hidden)
    assert np.exp(ours).sum(1) == pytest.approx(1, abs=1e-5)
    assert log_loss(hidden[1], np.exp(ours)) == pytest.approx(log_loss(hidden[1], np.exp(theirs)), abs=0.004)
    assert np.mean(ours.argmax(1) == theirs.argmax(1)) > 0.99


def test_classes_are_named_as_if_they_were_equally_frequent(hidden):
    features, labels = hidden
    ours = LogisticDesign(design(features)).classify(labels, N_CLASSES)
    theirs = slowly(features, labels, class_weight="balanced").argmax(1)
    assert balanced_accuracy_score(labels, ours) == pytest.approx(balanced_accuracy_score(labels, theirs), abs=0.01)
    linear = design(features).classify(labels, N_CLASSES)
    assert balanced_accuracy_score(labels, ours) > balanced_accuracy_score(labels, linear)


def test_a_sample_of_the_rows_with_corrections_comes_to_the_same(hidden, monkeypatch):
    rng = np.random.default_rng(2)
    labels = np.where(rng.random(N) < 0.3, rng.integers(0, N_CLASSES, N), hidden[1])
    whole = log_probabilities(design(hidden[0]), labels, N_CLASSES)
    monkeypatch.setattr(logistic, "SAMPLE", 1000)
    monkeypatch.setattr(logistic, "ROWS_A_WEIGHT", 1)
    sampled = log_probabilities(design(hidden[0]), labels, N_CLASSES)
    monkeypatch.setattr(logistic, "N_CORRECTIONS", 0)
    monkeypatch.setattr(logistic, "ENOUGH", np.inf)
    rough = log_probabilities(design(hidden[0]), labels, N_CLASSES)
    losses = [log_loss(labels, np.exp(found)) for found in (whole, sampled, rough)]
    assert losses[1] == pytest.approx(losses[0], abs=0.005)
    assert losses[2] > losses[0] + 0.01


def test_rows_without_a_label_neither_train_nor_matter(hidden):
    features, labels = hidden
    gone = np.random.default_rng(1).random(N) < 0.4
    spoilt = np.where(gone[:, None], 50.0, features)
    ours = log_probabilities(design(spoilt, ~gone), np.where(gone, -1, labels), N_CLASSES)
    clean = log_probabilities(design(features, ~gone), np.where(gone, -1, labels), N_CLASSES)
    assert ours[~gone] == pytest.approx(clean[~gone], abs=0.02)


def test_a_class_that_no_training_row_has_is_never_named_and_never_impossible(hidden):
    features, labels = hidden[0], hidden[1].copy()
    labels[FOLD != 0] %= N_CLASSES - 1
    assert (labels[FOLD == 0] == N_CLASSES - 1).any()
    assert not (LogisticDesign(design(features)).classify(labels, N_CLASSES)[FOLD == 0] == N_CLASSES - 1).any()
    assert np.isfinite(log_probabilities(design(features), labels, N_CLASSES)).all()


def test_constant_and_repeated_columns_do_no_harm(hidden):
    features, labels = hidden
    clumsy = np.hstack([features, features[:, :3], np.ones((N, 2))])
    found = log_probabilities(design(clumsy), labels, N_CLASSES)
    plain = log_probabilities(design(features), labels, N_CLASSES)
    assert log_loss(labels, np.exp(found)) == pytest.approx(log_loss(labels, np.exp(plain)), abs=0.01)
