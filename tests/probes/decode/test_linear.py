"""The closed-form probe: against slow versions, against logistic regression, and what grouping by episode prevents."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from commlab.probes.decode import linear
from commlab.probes.decode.linear import RIDGE, classify, make_design, regress
from commlab.probes.decode.scores import ClassTask, NumberTask, confusion

N_FOLDS, N_EPISODES, N_STEPS = 5, 120, 32
N = N_EPISODES * N_STEPS
EPISODE = np.repeat(np.arange(N_EPISODES), N_STEPS)
FOLD = EPISODE * N_FOLDS // N_EPISODES


def design(features, used=None):
    sizes = np.bincount(FOLD[: len(features)], minlength=N_FOLDS)
    return make_design(features.astype(np.float32), sizes, np.ones(len(features), bool) if used is None else used)


def held_out(model, features, labels):
    predicted = np.empty(len(labels))
    for fold in range(N_FOLDS):
        train, test = fold != FOLD, fold == FOLD
        predicted[test] = model.fit(features[train], labels[train]).predict(features[test])
    return predicted


@pytest.fixture(scope="module")
def walk():
    """Positions (N, 2) of agents that walk about, and the map's sector of each, (N,)."""
    rng = np.random.default_rng(0)
    steps = rng.integers(-1, 2, (N_EPISODES, N_STEPS, 2)).cumsum(1) + rng.integers(0, 21, (N_EPISODES, 1, 2))
    place = np.clip(steps, 0, 20).reshape(-1, 2)
    return (place - 10) / 6, np.digitize(place[:, 0], [7, 14]) * 3 + np.digitize(place[:, 1], [7, 14])


def hidden_states(walk, noise):
    rng = np.random.default_rng(1)
    return np.tanh(walk[0] @ rng.normal(size=(2, 24)) + rng.normal(size=24)) + rng.normal(size=(N, 24)) * noise


def messages(walk, noise):
    rng = np.random.default_rng(2)
    said = np.where(rng.random(N) < noise, rng.integers(0, 12, N), rng.permutation(12)[walk[1]])
    return np.eye(12)[said]


def compositional(walk, noise):
    rng = np.random.default_rng(3)
    symbols = np.stack([walk[1] // 3, walk[1] % 3], axis=1)
    symbols = np.where(rng.random(symbols.shape) < noise, rng.integers(0, 3, symbols.shape), symbols)
    return np.hstack([np.eye(3)[symbols[:, 0]], np.eye(3)[symbols[:, 1]]])


@pytest.mark.parametrize("noise", [0.5, 0.8])
@pytest.mark.parametrize("source", [hidden_states, messages, compositional])
def test_accuracy_is_that_of_logistic_regression(walk, source, noise):
    features, labels = source(walk, noise), walk[1]
    ours = balanced_accuracy_score(labels, classify(design(features), labels, 9))
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", solver="newton-cholesky"))
    theirs = balanced_accuracy_score(labels, held_out(model, features, labels))
    assert ours == pytest.approx(theirs, abs=0.02)
    assert ours > 0.2


class SlowDiscriminants:
    """Linear discriminant analysis with equal priors, written out."""

    def fit(self, features, labels):
        self.means = np.stack([features[labels == k].mean(0) for k in range(9)])
        total = np.cov(features.T, bias=True)
        ridge = RIDGE + (features.shape[1] / len(features)) ** 2
        within = sum((labels == k).mean() * np.cov(features[labels == k].T, bias=True) for k in range(9))
        self.inverse = np.linalg.inv(within + ridge * np.diag(np.diag(total)))
        return self

    def predict(self, features):
        gaps = features[:, None] - self.means
        return np.einsum("nkd,de,nke->nk", gaps, self.inverse, gaps, optimize=True).argmin(1)


def test_it_is_linear_discriminant_analysis_with_equal_priors(walk):
    features, labels = hidden_states(walk, 0.5), walk[1]
    ours = classify(design(features), labels, 9)
    assert np.mean(ours == held_out(SlowDiscriminants(), features, labels)) > 0.999


def test_masked_classes_in_the_middle_are_found():
    place = np.random.default_rng(0).random(N) * 3
    labels = place.astype(int)
    assert balanced_accuracy_score(labels, classify(design(place[:, None]), labels, 3)) > 0.95


def test_regression_is_ridge_regression_on_scaled_features(walk):
    features = hidden_states(walk, 0.5)
    values = walk[0][:, 0] * 3 + 250
    predicted = np.empty(N)
    for fold in range(N_FOLDS):
        train = fold != FOLD
        ridge = RIDGE + (24 / train.sum()) ** 2
        model = make_pipeline(StandardScaler(), Ridge(alpha=ridge * train.sum()))
        predicted[~train] = model.fit(features[train], values[train]).predict(features[~train])
    found = regress(design(features), values)
    assert found[:, 0] == pytest.approx(predicted, abs=2e-3)
    assert r2_score(values, found[:, 0]) > 0.8
    assert found[FOLD == 0, 1] == pytest.approx(values[FOLD != 0].mean())


def test_scores_do_not_depend_on_the_scale_of_the_features(walk):
    features, labels = hidden_states(walk, 0.5), walk[1]
    moved = (features + 5) * np.geomspace(1e-3, 1e3, 24)
    assert np.mean(classify(design(features), labels, 9) == classify(design(moved), labels, 9)) > 0.995


def test_the_size_of_the_chunks_changes_nothing(walk, monkeypatch):
    features, labels = hidden_states(walk, 0.5), walk[1]
    used = np.random.default_rng(0).random(N) < 0.8
    whole = classify(design(features, used), labels, 9)
    monkeypatch.setattr(linear, "CHUNK", 77)
    assert np.mean(whole == classify(design(features, used), labels, 9)) > 0.999


def test_missing_labels_neither_train_nor_count(walk):
    features, labels = messages(walk, 0.3), walk[1]
    gone = np.random.default_rng(0).random(N) < 0.5
    wrong = np.where(gone, (labels + 1) % 9, labels)
    masked = np.where(gone, -1, labels)
    task = ClassTask(9)
    found = task.predict(design(features, ~gone), masked)
    sums = task.sums(found, masked, EPISODE, N_EPISODES)
    assert sums[:, 9:].sum() == np.count_nonzero(~gone)
    assert task.score(sums.sum(0)[None])[0] > task.score(task.sums(found, wrong, EPISODE, N_EPISODES).sum(0)[None])[0]
    values = np.where(gone, np.nan, labels.astype(float))
    kept = regress(design(features, ~gone), values)
    assert np.isfinite(kept).all()
    assert r2_score(labels[~gone], kept[~gone, 0]) > 0


def test_a_class_that_no_training_row_has_is_never_named(walk):
    features, labels = messages(walk, 0.1), walk[1].copy()
    labels[FOLD != 0] %= 8
    predicted = classify(design(features), labels, 9)
    assert (labels[FOLD == 0] == 8).any()
    assert not (predicted[FOLD == 0] == 8).any()


def test_features_that_are_constant_in_training_do_no_harm(walk):
    features = np.hstack([messages(walk, 0.1), np.zeros((N, 40))])
    features[np.arange(40) * 30, 12 + np.arange(40)] = 1  # each occurs in a single row
    assert balanced_accuracy_score(walk[1], classify(design(features), walk[1], 9)) > 0.85
    assert r2_score(walk[0][:, 0], regress(design(features), walk[0][:, 0])[:, 0]) > 0.5


def test_labels_constant_in_an_episode_and_independent_of_the_features_are_not_decoded():
    rng = np.random.default_rng(5)
    hidden = np.repeat(rng.normal(size=(N_EPISODES, 80)), N_STEPS, axis=0) + rng.normal(size=(N, 80)) * 0.3
    labels = np.repeat(rng.integers(0, 2, N_EPISODES), N_STEPS)
    grouped = balanced_accuracy_score(labels, classify(design(hidden), labels, 2))
    order = rng.permutation(N)  # shuffled folds hold out steps of episodes that were trained on
    shuffled = balanced_accuracy_score(labels[order], classify(design(hidden[order]), labels[order], 2))
    assert grouped < 0.65
    assert shuffled > 0.75


def test_balanced_accuracy_closed_form():
    labels, predicted = np.array([0, 0, 0, 1, 2, 2, -1]), np.array([0, 0, 1, 1, 0, 2, 0])
    task = ClassTask(4)
    sums = task.sums(predicted, labels, np.zeros(7, dtype=int), 1)
    assert task.score(sums)[0] == pytest.approx((2 / 3 + 1 + 1 / 2) / 3)
    assert confusion(predicted, labels, "abcd") == [[2, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert np.isnan(task.score(np.zeros((1, 8)))[0])


def test_r_squared_closed_form():
    task = NumberTask()
    predicted = np.array([[1.0, 2.0], [2.0, 2.0], [4.0, 2.0], [9.0, 2.0]])
    labels = np.array([1.0, 2.0, 3.0, np.nan])
    sums = task.sums(predicted, labels, np.array([0, 0, 1, 1]), 2)
    assert sums.tolist() == [[0, 1], [1, 1]]
    assert task.score(sums.sum(0)[None])[0] == pytest.approx(0.5)
    assert np.isnan(task.score(np.zeros((1, 2)))[0])
