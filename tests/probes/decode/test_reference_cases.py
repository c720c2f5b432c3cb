"""Structure metrics against other people's numbers; where those are wrong, against docs/reference-cases.md."""

import json
from pathlib import Path

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.probes.decode.coordination import cic
from commlab.probes.decode.disentanglement import bag_disentanglement, positional_disentanglement
from commlab.probes.decode.segmentation import boundaries, conditional_entropies, segments
from commlab.probes.decode.topography import topographic_similarity

CASES = Path(__file__).parents[2] / "refcases"
LANGUAGES = ("compositional", "holistic", "redundant3", "rotated", "noisy", "synonyms", "ecas_high", "ecas_low")
LN2 = np.log(2)


def load(name):
    with np.load(CASES / f"{name}.npz") as arrays:
        given = {key: arrays[key] for key in arrays.files}
    return given, json.loads((CASES / f"{name}.json").read_text())["expected"]


@pytest.fixture(scope="module")
def topsim():
    return load("01_topsim")


@pytest.fixture(scope="module")
def disentanglement():
    return load("02_posdis_bosdis")


@pytest.fixture(scope="module")
def tables():
    return load("05_cic_tabular")


@pytest.fixture(scope="module")
def harris():
    given, expected = load("08_harris_articulation")
    messages = given["messages"]
    return messages.reshape(-1), np.repeat(np.arange(len(messages)), messages.shape[1]), messages, expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("meaning", "message"),
    [(one, other) for one in ("hamming", "euclidean") for other in ("edit", "hamming")] + [("euclidean", "euclidean")],
)
def test_topographic_similarity_agrees(topsim, language, meaning, message):
    given, expected = topsim
    told = expected[language][f"EGG meaning={meaning} message={message}"]
    found = topographic_similarity(given[f"msg_{language}"], given["attributes"], message, meaning)
    assert found == pytest.approx(told, abs=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_topographic_similarity_agrees_on_indicators_and_between_projects(topsim, language):
    given, expected = topsim
    messages, told = given[f"msg_{language}"], expected[language]
    cosine = topographic_similarity(messages, given["attributes"], "edit", "cosine")
    indicators = topographic_similarity(messages, given["attributes_onehot"].astype(int), "edit", "hamming")
    assert cosine == pytest.approx(told["EGG onehot meaning=cosine message=edit"], abs=1e-9)
    assert indicators == pytest.approx(cosine, abs=1e-9)
    assert cosine == pytest.approx(told["EGG-zoo compo_vs_generalization (edit/len vs cosine onehot)"], abs=1e-9)
    assert cosine == pytest.approx(told["emlangkit (rho,p)"][0], abs=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_jaccard_compares_sets_of_symbols_and_is_never_nan(topsim, language):
    """The reference compares which positions are not 0: undefined without a 0 symbol, and about no symbol with one."""
    given, expected = topsim
    messages, attributes = given[f"msg_{language}"], given["attributes"]
    told = expected[language]["EGG meaning=hamming message=jaccard"]
    assert (told == "nan") == bool(messages.all())
    found = topographic_similarity(messages, attributes, "jaccard", "hamming")
    assert found == pytest.approx(slow_jaccard(messages, attributes), abs=1e-9)
    if told != "nan":  # theirs, reproduced: indicators of not being 0, compared by position
        assert topographic_similarity(positions_held(messages), attributes, "jaccard") == pytest.approx(told, abs=1e-9)


def positions_held(messages):
    """Messages whose symbols are the numbers of the positions that are not 0, 0 elsewhere being padding."""
    places = np.arange(1, messages.shape[1] + 1)
    held = np.where(messages > 0, places, 0)
    return np.where(held > 0, held, held.max(axis=1, keepdims=True))  # a set does not count


def slow_jaccard(messages, attributes):
    from scipy.spatial.distance import pdist
    from scipy.stats import spearmanr

    sets = [set(row) for row in messages.tolist()]
    pairs = zip(*np.triu_indices(len(sets), 1), strict=True)
    apart = [1 - len(sets[i] & sets[j]) / len(sets[i] | sets[j]) for i, j in pairs]
    return spearmanr(apart, pdist(attributes, "hamming")).statistic


def test_texrel_is_another_quantity(topsim):
    """It correlates a similarity over both orders of each pair and each message with itself, which raises it."""
    given, expected = topsim
    theirs = expected["holistic"]["texrel (token-overlap, includes self pairs and both orders)"]
    assert theirs > 2 * topographic_similarity(given["msg_holistic"], given["attributes"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_disentanglement_agrees(disentanglement, language):
    given, expected = disentanglement
    messages, attributes, told = given[f"msg_{language}"], given["attributes"], expected[language]
    positional = positional_disentanglement(messages, attributes)
    assert positional == pytest.approx(told["emlangkit posdis"], abs=1e-6)
    assert positional == pytest.approx(told["EGG core posdis"], abs=1e-6)
    kept = bag_disentanglement(messages, attributes)
    assert kept == pytest.approx(told["emlangkit bosdis (symbol 0 kept)"], abs=1e-6)
    dropped = bag_disentanglement(messages, attributes, padding=0)
    assert dropped == pytest.approx(told["EGG core bosdis (symbol 0 dropped)"], abs=1e-6)


def test_a_symbol_0_that_is_said_counts(disentanglement):
    given, _ = disentanglement
    messages, attributes = given["msg_ecas_low"], given["attributes"]
    renamed = np.where(messages == 0, 9, messages)
    assert bag_disentanglement(messages, attributes) == pytest.approx(bag_disentanglement(renamed, attributes))
    assert bag_disentanglement(messages, attributes, padding=0) != pytest.approx(
        bag_disentanglement(renamed, attributes, padding=0), abs=1e-3
    )


def test_disentanglement_of_the_papers_examples(disentanglement):
    given, expected = disentanglement
    identity = given["doctest_attributes"]
    told = expected["egg_doctest_identity"]["emlangkit posdis"]
    assert positional_disentanglement(identity, identity) == pytest.approx(told, abs=1e-6)
    bag = bag_disentanglement(given["chaabouni_messages"], given["attributes"])
    assert bag == pytest.approx(expected["chaabouni_appendix_8_2_vocab8"]["emlangkit bosdis"], abs=1e-6)


def test_edge_cases_are_numbers_or_reasons(disentanglement):
    given, expected = disentanglement
    assert expected["edge_cases"]["all constant (EGG)"] == "nan"
    messages, attributes = given["msg_compositional"], given["attributes"]
    assert positional_disentanglement(messages, attributes[:, :1]) == pytest.approx(0.5)  # I2 = 0: of 2 positions, 1
    with pytest.raises(DataError, match="undefined, because no position"):
        positional_disentanglement(np.ones_like(messages), attributes)
    with pytest.raises(DataError, match="undefined, because no symbol's count"):
        bag_disentanglement(np.ones_like(messages), attributes)


@pytest.mark.parametrize("case", ["deaf", "perfect", "partial", "unused_symbol"])
def test_causal_influence_agrees_with_the_corrected_code(tables, case):
    given, expected = tables
    found = cic(given[f"{case}_p_a_given_do_c"], given[f"{case}_p_c"])
    assert found == pytest.approx(expected[case]["corrected MI (nats)"] / LN2, abs=1e-9)
    published = expected[case]["shipped calc_cic (nats)"] / LN2
    assert published - found == pytest.approx(np.log2(len(given[f"{case}_p_c"])), abs=1e-9)


def inner(found, messages):
    """Boundaries (N,) as one set a message."""
    return [set(np.flatnonzero(row).tolist()) for row in found.reshape(messages.shape)]


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 1.0])
def test_harris_boundaries_agree_where_strings_at_ends_count(harris, threshold):
    tokens, line, messages, expected = harris
    told = expected[f"threshold={threshold}"]
    found = boundaries(tokens, line, threshold, keep_final=True)
    assert sorted(inner(found, messages)[0]) == told["first message boundaries"]
    assert len(segments(tokens, line, found).forms) == told["n distinct segments"]
    # the reference also counts a message's own end, where the last two symbols are less certain than the one before
    assert 0 < told["mean boundaries per message"] - found.sum() / len(messages) < 1


def test_conditional_entropies_agree_where_strings_at_ends_count(harris):
    tokens, line, _, expected = harris
    told = expected["conditional_entropy_by_length (bits)"]
    found = conditional_entropies(tokens, line, keep_final=True)
    assert found == pytest.approx([told[str(length)] for length in range(len(told))], abs=1e-9)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 1.0])
def test_the_default_finds_the_planted_words_at_every_threshold(harris, threshold):
    _, _, messages, _ = harris
    said = messages != 0
    tokens, line = messages[said], np.nonzero(said)[0]
    found = np.zeros(messages.shape, dtype=bool)
    found[said] = boundaries(tokens, line, threshold)
    assert [set(np.flatnonzero(row).tolist()) for row in found] == [planted_ends(row) for row in messages.tolist()]
    published = np.zeros(messages.shape, dtype=bool)
    published[said] = boundaries(tokens, line, 0.0, keep_final=True)
    assert (published != found).any()


def planted_ends(message):
    """Where one planted word ends and the next begins; the last one may be cut."""
    words = {1: 3, 4: 2, 6: 4, 8: 2}  # symbols of the word that begins with each
    length, ends, place = np.count_nonzero(message), set(), 0
    while place < length:
        place += words[message[place]]
        ends.add(place)
    return {end for end in ends if end < length}
