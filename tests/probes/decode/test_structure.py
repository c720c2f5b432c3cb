"""Disentanglement, tree reconstruction error, context independence, naming: closed forms and planted languages."""

import numpy as np
import pytest
from sklearn.metrics import homogeneity_completeness_v_measure

from commlab.foundation.errors import DataError
from commlab.probes.decode.context import context_independence, one_to_one
from commlab.probes.decode.disentanglement import bag_disentanglement, positional_disentanglement
from commlab.probes.decode.topography import topographic_similarity
from commlab.probes.decode.tree import reconstruction_error

MEANINGS = np.array([[a, b] for a in range(4) for b in range(4)])


def compositional():
    """A position for each attribute, with symbols of its own."""
    return np.stack([MEANINGS[:, 0] + 1, MEANINGS[:, 1] + 5], axis=1)


def bags(seed=0):
    """The same symbols in either order."""
    turned = np.random.default_rng(seed).random((16, 1)) < 0.5
    return np.where(turned, compositional()[:, ::-1], compositional())


def holistic(seed=0):
    """The same messages given to meanings at random."""
    return compositional()[np.random.default_rng(seed).permutation(16)]


def random(seed=0, n=640):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 9, (n, 2)), np.tile(MEANINGS, (n // 16, 1))


def test_a_compositional_language_is_ideal_by_every_measure():
    assert topographic_similarity(compositional(), MEANINGS) == pytest.approx(1)
    assert positional_disentanglement(compositional(), MEANINGS) == pytest.approx(1)
    assert bag_disentanglement(compositional(), MEANINGS) == pytest.approx(1)
    assert reconstruction_error(compositional(), MEANINGS) == pytest.approx(0, abs=1e-9)
    assert reconstruction_error(compositional(), MEANINGS, held_out=True) == pytest.approx(0, abs=1e-9)
    assert context_independence(compositional(), MEANINGS) == pytest.approx(1)


def test_bags_are_told_from_positions():
    assert bag_disentanglement(bags(), MEANINGS) == pytest.approx(1)
    assert positional_disentanglement(bags(), MEANINGS) < 0.6
    assert context_independence(bags(), MEANINGS) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_holistic_languages_are_far_behind_compositional_ones(seed):
    messages = holistic(seed)
    assert abs(topographic_similarity(messages, MEANINGS)) < 0.5
    assert positional_disentanglement(messages, MEANINGS) < 0.5
    assert 0.3 < reconstruction_error(messages, MEANINGS) < 1
    assert reconstruction_error(messages, MEANINGS, held_out=True) > 1


def test_noise_has_no_structure():
    messages, meanings = random()
    assert abs(topographic_similarity(messages, meanings)) < 0.02
    assert positional_disentanglement(messages, meanings) < 0.02
    assert bag_disentanglement(messages, meanings) < 0.05
    assert reconstruction_error(messages, meanings) > 0.97
    assert reconstruction_error(messages, meanings, held_out=True) > 0.99
    assert context_independence(messages, meanings) < 0.12


@pytest.mark.parametrize("metric", [positional_disentanglement, bag_disentanglement, context_independence])
def test_other_names_for_symbols_change_nothing(metric):
    rng = np.random.default_rng(1)
    messages, meanings = rng.integers(1, 6, (200, 3)), rng.integers(0, 3, (200, 2))
    renamed = rng.permutation(np.arange(10, 20))[messages]
    assert metric(renamed, meanings) == pytest.approx(metric(messages, meanings), abs=1e-12)


def test_tree_reconstruction_error_is_the_residual_of_least_squares():
    rng = np.random.default_rng(2)
    meanings = rng.integers(0, 3, (300, 2))
    messages = np.stack([meanings[:, 0], (meanings.sum(1) + (rng.random(300) < 0.3)) % 3], axis=1)
    design = np.hstack([np.eye(3)[column] for column in meanings.T])
    outcome = np.hstack([np.eye(3)[column] for column in messages.T])
    residual = outcome - design @ np.linalg.lstsq(design, outcome)[0]
    share = np.sum(residual**2) / np.sum((outcome - outcome.mean(0)) ** 2)
    assert reconstruction_error(messages, meanings) == pytest.approx(share)


def test_held_out_combinations_need_values_that_were_fitted():
    one_each = np.array([[0, 0], [1, 1], [2, 2]])
    with pytest.raises(DataError, match="no combination of values can be left out"):
        reconstruction_error(one_each + 1, one_each, held_out=True)


def test_tree_reconstruction_error_says_why_it_is_undefined():
    with pytest.raises(DataError, match="one attribute has no parts"):
        reconstruction_error(compositional(), MEANINGS[:, :1])
    with pytest.raises(DataError, match="messages never change"):
        reconstruction_error(np.ones((16, 2), int), MEANINGS)


def test_context_independence_by_hand():
    messages = np.array([[1], [1], [1], [2]])
    values = np.array([[0], [0], [1], [1]])
    # value 0: symbol 1, p(0 | 1) = 2/3, p(1 | 0) = 1; value 1: symbol 2, p(1 | 2) = 1, p(2 | 1) = 1/2
    assert context_independence(messages, values) == pytest.approx((2 / 3 + 1 / 2) / 2)
    synonyms = np.array([[1], [2], [3], [4]])
    assert context_independence(synonyms, values) == pytest.approx(0.5)


def test_context_independence_leaves_padding_out():
    messages = np.array([[1, 0], [2, 0]])
    assert context_independence(messages, np.array([[0], [1]]), padding=0) == pytest.approx(1)
    with pytest.raises(DataError, match="nothing is said"):
        context_independence(np.zeros((2, 2), int), np.array([[0], [1]]), padding=0)


def test_naming_matches_scikit_learn():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 4, 400)
    messages = np.where(rng.random(400) < 0.7, values, rng.integers(0, 6, 400))
    found = one_to_one(messages[:, None], values)
    told = homogeneity_completeness_v_measure(values, messages)
    assert (found.homogeneity, found.completeness, found.v_measure) == pytest.approx(told)
    majority = [np.bincount(values[messages == message]).max() for message in np.unique(messages)]
    assert found.purity == pytest.approx(sum(majority) / 400)


def test_synonyms_and_homonyms_lower_one_part_each():
    values = np.arange(4).repeat(10)
    synonyms = one_to_one((2 * values + np.tile([0, 1], 20))[:, None], values)
    homonyms = one_to_one((values // 2)[:, None], values)
    assert (synonyms.homogeneity, homonyms.completeness) == pytest.approx((1, 1))
    assert synonyms.completeness == pytest.approx(2 / 3)
    assert homonyms.homogeneity == pytest.approx(1 / 2)
    with pytest.raises(DataError, match="never change"):
        one_to_one(np.ones((4, 1), int), np.arange(4))
