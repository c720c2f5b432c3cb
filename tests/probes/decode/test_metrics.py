"""The table of metrics on recordings whose language is known: order, nulls, intervals, reasons, other people's data."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.probes.decode import metrics
from commlab.probes.decode.measures import MEASURES
from commlab.probes.decode.resampling import at_common_steps, common_steps
from commlab.probes.decode.topography import topographic_similarity
from commlab.probes.decode.utterances import utterances

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
N_EPISODES, N_STEPS = 32, 12
N_NULL = 19
LEAST = 1 / (N_NULL + 1)  # the smallest p-value
BOTH = ["feature.shape", "feature.colour"]


def foreign(rng, speak, n_speakers=1, n_episodes=N_EPISODES, act=None):
    """A recording without a world: shape and colour change at random, `speak(shape, colour)` gives messages (…, L)."""
    size = n_episodes, N_STEPS
    shape, colour = rng.integers(0, 4, size), rng.integers(0, 4, size)
    said = np.stack([speak(shape, colour, agent) for agent in range(n_speakers)], axis=2)
    both = {"feature/shape": shape, "feature/colour": colour}
    columns = {name: np.repeat(values[..., None], n_speakers, axis=2).astype(np.int32) for name, values in both.items()}
    columns["channel/said"] = said.astype(np.uint8)
    if act is not None:
        columns["policy/action"] = act(said).astype(np.uint8)
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in columns.items()}
    return memory_recording({}, {"length": np.full(n_episodes, N_STEPS)}, flat)


def compositional(shape, colour, agent=0):
    return np.stack([shape + 1, colour + 5], axis=-1)


def holistic(shape, colour, agent=0):
    code = np.random.default_rng(8).permutation(16)[4 * shape + colour]
    return np.stack([code // 4 + 1, code % 4 + 5], axis=-1)


def one_symbol(shape, colour, agent=0):
    return (shape + 1)[..., None]


def babble(seed):
    return lambda shape, colour, agent=0: np.random.default_rng([seed, agent]).integers(1, 9, (*shape.shape, 2))


def table(recording, **options):
    options = {"n_null": N_NULL, **options}
    return {result.details["metric"]: result for result in metrics.fit(recording, **options)}


@pytest.fixture(scope="module")
def found():
    """The tables of three languages in worlds of their own."""
    languages = {"compositional": compositional, "holistic": holistic, "noise": babble(1)}
    return {name: table(foreign(np.random.default_rng(3), speak)) for name, speak in languages.items()}


def test_every_measure_has_its_row_in_order(found):
    for rows in found.values():
        assert list(rows) == list(MEASURES)
        assert all((row.estimate is None) == ("undefined, because" in row.sentence) for row in rows.values())


def test_measures_order_languages_as_theory_says(found):
    def of(key):
        return [found[name][key].estimate for name in ("compositional", "holistic", "noise")]

    for key in ("topographic_similarity", "positional_disentanglement", "bag_disentanglement", "context_independence"):
        best, middle, worst = of(key)
        assert best == pytest.approx(1, abs=0.02)
        assert best > middle + 0.3
        assert worst < 0.1
    fitted, held_out = of("tree_reconstruction_error"), of("tree_error_held_out")
    assert fitted[0] == pytest.approx(0, abs=1e-9)
    assert fitted[0] < fitted[1] < fitted[2]
    assert held_out[0] == pytest.approx(0, abs=1e-9)
    assert min(held_out[1:]) > 0.98
    told = of("information")
    assert told[:2] == pytest.approx([2, 2], abs=0.1)  # a holistic code is of as much use
    assert abs(told[2]) < 0.05
    assert [row.estimate for row in (found["holistic"]["homogeneity"], found["holistic"]["purity"])] == [1, 1]


def test_nulls_intervals_and_p_values(found):
    for key in ("topographic_similarity", "information", "v_measure", "tree_reconstruction_error"):
        known, noise = found["compositional"][key], found["noise"][key]
        assert known.p_value == pytest.approx(LEAST)
        assert noise.p_value > 0.05
        assert noise.null.low <= noise.estimate <= noise.null.high
        assert noise.interval[0] <= noise.estimate <= noise.interval[1]
        assert known.details["q_value"] >= known.p_value
        assert known.details["n_tests"] == sum(row.p_value is not None for row in found["compositional"].values())
    assert "whole episodes permuted" in found["noise"]["topographic_similarity"].null.method


def test_what_does_not_depend_on_the_world_has_no_null_and_says_why(found):
    row = found["compositional"]["unigram_entropy"]
    assert row.null is None
    assert "changes nothing" in row.details["null_reason"]
    assert row.interval[0] < row.estimate < row.interval[1]
    assert found["compositional"]["tokens"].interval is None


def test_symbols_of_one_message_are_held_against_those_of_different_episodes():
    def linked(shape, colour, agent=0):
        return np.stack([shape + 1, shape + 5], axis=-1)

    key = "conditional_entropy"
    apart, together = (
        table(foreign(np.random.default_rng(3), speak), only=[key])[key] for speak in (compositional, linked)
    )
    assert together.estimate == pytest.approx(0, abs=1e-9)
    assert together.p_value == pytest.approx(LEAST)
    assert apart.p_value > 0.05
    assert apart.null.mean == pytest.approx(apart.estimate, abs=0.05)


def test_the_estimate_is_that_of_the_plain_function(found):
    rng = np.random.default_rng(3)
    recording = foreign(rng, holistic)
    messages = recording["channel/said"][:][:, 0]
    meanings = np.stack([recording["feature/shape"][:][:, 0], recording["feature/colour"][:][:, 0]], axis=1)
    expected = topographic_similarity(messages, meanings)
    row = found["holistic"]["topographic_similarity"]
    assert row.estimate == pytest.approx(expected)
    assert row.details["variants"]["edit, hamming"] == pytest.approx(expected)
    assert row.details["variants"]["jaccard, hamming"] == pytest.approx(
        topographic_similarity(messages, meanings, "jaccard")
    )
    only = ["topographic_similarity"]
    chosen = table(recording, distances=("jaccard", "hamming"), only=only)["topographic_similarity"]
    assert chosen.estimate == pytest.approx(row.details["variants"]["jaccard, hamming"])


def test_too_many_messages_for_all_pairs_are_drawn_with_their_error(monkeypatch):
    recording = foreign(np.random.default_rng(3), holistic)
    only = ["topographic_similarity"]
    whole = table(recording, only=only)["topographic_similarity"]
    monkeypatch.setattr("commlab.probes.decode.meaning_metrics.ENOUGH_WORK", 0)
    monkeypatch.setattr("commlab.probes.decode.meaning_metrics.N_DRAWN", 120)
    drawn = table(recording, only=only)["topographic_similarity"]
    assert drawn.details["utterances_drawn"] == 120
    assert drawn.details["utterances"] == N_EPISODES * N_STEPS
    error = drawn.details["sampling_error"]
    assert 0 < error < 0.05
    assert abs(drawn.estimate - whole.estimate) < 4 * error
    assert drawn.interval[0] < drawn.estimate < drawn.interval[1]
    assert drawn.p_value == pytest.approx(LEAST)


def test_more_than_can_be_counted_is_said_and_the_rest_goes_on(monkeypatch):
    few = foreign(np.random.default_rng(3), lambda *world: np.repeat(compositional(*world), 33, axis=-1), n_episodes=8)
    only = ["topographic_similarity", "positional_disentanglement"]
    long = table(few, only=only, n_null=3)
    assert "up to 64 symbols, not 66" in long["topographic_similarity"].details["reason"]
    assert long["positional_disentanglement"].estimate == pytest.approx(1, abs=0.1)
    monkeypatch.setattr("commlab.probes.decode.meaning_metrics.MAX_CELLS", 10)
    rows = table(foreign(np.random.default_rng(3), compositional, n_episodes=8), n_null=3)
    for key in ("tree_reconstruction_error", "bag_disentanglement", "context_independence"):
        assert "too many different messages and symbols" in rows[key].details["reason"]
    assert rows["topographic_similarity"].estimate == pytest.approx(1)


def test_thousands_of_symbols_need_no_squares_of_them():
    rng = np.random.default_rng(3)
    said = rng.integers(1, 60_000, (240, 1, 3)).astype(np.uint16)
    columns = {"channel/said": said, "feature/shape": rng.integers(0, 3, (240, 1)).astype(np.int32)}
    only = ["conditional_entropy", "vocabulary_used", "topographic_similarity"]
    rows = table(memory_recording({}, {"length": np.full(20, 12)}, columns), n_null=9, only=only)
    assert rows["conditional_entropy"].estimate < 1
    assert rows["vocabulary_used"].estimate > 700
    assert rows["topographic_similarity"].p_value > 0.05


def test_episodes_of_unequal_length_are_compared_at_the_steps_that_all_have():
    rng = np.random.default_rng(5)
    lengths = rng.integers(6, 20, 60)
    n = int(lengths.sum())
    columns = {"feature/shape": rng.integers(0, 4, (n, 1)), "feature/colour": rng.integers(0, 4, (n, 1))}
    columns = {name: values.astype(np.int32) for name, values in columns.items()}
    said = np.stack([columns["feature/shape"] + 1, columns["feature/colour"] + 5], axis=2)
    columns["channel/said"] = said.astype(np.uint8)
    row = table(memory_recording({}, {"length": lengths}, columns))["purity"]
    assert row.estimate == 1
    assert row.details["compared_with_null"] == 1
    steps, trims = common_steps(utterances(memory_recording({}, {"length": lengths}, columns)))
    assert trims
    assert (steps <= lengths).all()
    assert 1 < len(np.unique(steps)) < len(np.unique(lengths))  # strata of neighbours in length
    cut = at_common_steps(np.zeros((60, 20), np.int64), steps, 1, reaction=1)
    assert (np.count_nonzero(cut == 0, axis=1) == steps - 1).all()


def test_one_target_and_one_symbol_are_said_to_be_degenerate():
    rows = table(foreign(np.random.default_rng(4), one_symbol), targets=["feature.shape"])
    for key in ("tree_reconstruction_error", "tree_error_held_out"):
        assert rows[key].estimate is None
        assert "one target (feature.shape) has no parts" in rows[key].details["reason"]
    assert rows["abbreviation"].details["reason"] == "all messages are one symbol long"
    assert rows["positional_disentanglement"].estimate == pytest.approx(1)
    assert "Messages are one symbol long" in rows["topographic_similarity"].details["caution"]
    assert "one target" in rows["bag_disentanglement"].details["caution"]
    assert rows["v_measure"].estimate == pytest.approx(1)


def test_silence_leaves_what_can_be_said():
    rows = table(foreign(np.random.default_rng(5), lambda *world: np.zeros((N_EPISODES, N_STEPS, 2))))
    assert rows["silence"].estimate == 1
    assert [rows[key].estimate for key in ("message_entropy", "tokens", "vocabulary_used")] == [0, 0, 0]
    silent = {key for key, row in rows.items() if row.estimate is None}
    assert {"topographic_similarity", "information", "zipf_exponent", "line_length", "segments_per_line"} <= silent
    assert rows["topographic_similarity"].details["reason"] == "nothing but silence is said"
    assert rows["information"].details["reason"] == "the same is said at every step"


def test_a_recording_without_targets_keeps_what_needs_none():
    said = np.random.default_rng(6).integers(0, 4, (240, 1, 1)).astype(np.uint8)
    rows = table(memory_recording({}, {"length": np.full(20, 12)}, {"channel/said": said}))
    assert rows["unigram_entropy"].estimate > 1.5
    assert rows["segments_per_line"].estimate >= 1
    assert "no target" in rows["topographic_similarity"].details["reason"]
    assert rows["speaker_consistency"].details["reason"] == "the recording holds no actions"


def test_acts_that_follow_speech_and_acts_that_answer_it():
    def act(said):
        own = said[..., :1, 0] % 4
        heard = np.roll(own, 1, axis=1)
        return np.concatenate([own, heard], axis=2)

    def one_speaks(shape, colour, agent=0):
        return one_symbol(shape, colour) * (agent == 0)

    recording = foreign(np.random.default_rng(7), one_speaks, n_speakers=2, act=act)
    only = ["speaker_consistency", "instantaneous_coordination", "code_agreement"]
    rows = table(recording, of="0", only=only)
    assert rows["speaker_consistency"].estimate == pytest.approx(2, abs=0.1)
    assert rows["instantaneous_coordination"].estimate == pytest.approx(2, abs=0.1)
    at_once = table(recording, of="0", reaction=0, only=only)
    assert abs(at_once["instantaneous_coordination"].estimate) < 0.1
    assert rows["code_agreement"].details["reason"] == "there is one speaker"
    everybody = table(recording, only=only)
    assert everybody["speaker_consistency"].details["speakers_left_out"] == 1


def test_listeners_who_answer_in_different_ways_do_not_cancel_out():
    said = np.random.default_rng(8).integers(1, 3, (30, 12))
    heard = np.roll(said, 1, axis=1)
    channel, action = (np.zeros((said.size, 3), dtype=np.uint8) for _ in range(2))
    channel[:, 0], action[:, 1], action[:, 2] = said.reshape(-1), heard.reshape(-1), 3 - heard.reshape(-1)
    columns = {"channel/said": channel[..., None], "policy/action": action}
    found = table(
        memory_recording({}, {"length": np.full(30, 12)}, columns), of="0", only=["instantaneous_coordination"]
    )
    assert found["instantaneous_coordination"].estimate == pytest.approx(1, abs=0.05)
    assert found["instantaneous_coordination"].details["pairs_left_out"] == 0


def test_speakers_share_a_code_or_have_their_own():
    def own_code(shape, colour, agent=0):
        return ((shape if agent == 0 else 3 - shape) + 1)[..., None]

    shape, only = ["feature.shape"], ["code_agreement", "code_divergence", "v_measure"]
    shared = table(foreign(np.random.default_rng(9), one_symbol, n_speakers=2), targets=shape, only=only)
    split = table(foreign(np.random.default_rng(9), own_code, n_speakers=2), targets=shape, only=only)
    assert (shared["code_agreement"].estimate, shared["code_divergence"].estimate) == pytest.approx((1, 0))
    assert (split["code_agreement"].estimate, split["code_divergence"].estimate) == pytest.approx((0, 1))
    assert shared["code_agreement"].p_value == split["code_divergence"].p_value == pytest.approx(LEAST)
    assert shared["code_divergence"].p_value > 0.9
    assert split["code_agreement"].p_value > 0.9
    assert shared["v_measure"].estimate == pytest.approx(1)
    assert split["v_measure"].estimate < 0.6


def test_episodes_that_cannot_trade_places_have_no_null():
    recording = foreign(np.random.default_rng(2), compositional, n_episodes=1)
    rows = table(recording)
    row = rows["topographic_similarity"]
    assert row.estimate == pytest.approx(1)
    assert (row.interval, row.null, row.p_value, row.details["compared_with_null"]) == (None,) * 4
    assert "no two can trade places" in row.details["null_reason"]
    assert "to correct it by" in rows["information"].details["reason"]


def test_results_follow_from_the_seed_and_are_saved(found, tmp_path):
    again = table(foreign(np.random.default_rng(3), holistic))
    for key, row in found["holistic"].items():
        assert replace(again[key], provenance={}).to_json() == replace(row, provenance={}).to_json()
        assert Result.load(row.save(tmp_path)).estimate == row.estimate
    assert len(list(tmp_path.glob("metrics-*.json"))) == len(MEASURES)
    other = table(foreign(np.random.default_rng(3), holistic), seed=1, only=["information"])
    assert other["information"].estimate == pytest.approx(found["holistic"]["information"].estimate, abs=0.02)


def test_planted_recordings_are_measured_against_where_the_crystal_is(planted_recording):
    only = ["information", "homogeneity"]
    rows = table(planted_recording(), only=only)
    assert rows["information"].details["targets"] == ["resource_location", "resource_kind"]
    assert rows["homogeneity"].estimate > 0.8
    noise = table(planted_recording("noise"), only=only)
    assert noise["homogeneity"].p_value > 0.05
    assert noise["information"].estimate < 0.1


def test_some_measures_can_be_asked_for_alone(found):
    only = ["purity", "topographic_similarity"]
    rows = table(foreign(np.random.default_rng(3), holistic), only=only)
    assert set(rows) == set(only)
    assert rows["purity"].estimate == found["holistic"]["purity"].estimate
    assert rows["topographic_similarity"].null == found["holistic"]["topographic_similarity"].null
    assert rows["purity"].details["n_tests"] == 2
    with pytest.raises(DataError, match="no metric 'topsim': nearest are"):
        table(foreign(np.random.default_rng(3), holistic), only=["topsim"])


def test_many_processes_find_the_same(monkeypatch):
    recording, only, seen = foreign(np.random.default_rng(3), holistic), ["purity", "topographic_similarity"], []
    alone = table(recording, only=only)
    monkeypatch.setattr("commlab.probes.decode.resampling.MUCH_WORK", 0)
    monkeypatch.setenv("COMMLAB_WORKERS", "2")
    together = table(recording, only=only, watch=lambda done, total: seen.append(done / total))
    for key in only:
        assert replace(together[key], provenance={}).to_json() == replace(alone[key], provenance={}).to_json()
    assert len(seen) > N_EPISODES + N_NULL


def test_progress_reaches_its_end():
    seen = []
    recording = foreign(np.random.default_rng(3), holistic, n_speakers=2)
    metrics.fit(
        recording, n_null=9, only=["purity", "code_agreement"], watch=lambda done, total: seen.append((done, total))
    )
    shares = [done / total for done, total in seen]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == 1


def test_refusals():
    recording = foreign(np.random.default_rng(3), compositional)
    with pytest.raises(TargetError, match="no target 'shape'"):
        metrics.fit(recording, ["shape"])
    with pytest.raises(DataError, match="no distance 'edits'"):
        metrics.fit(recording, distances=("edits", "hamming"))
    with pytest.raises(DataError, match="reaction and threshold must be finite and 0 or more"):
        metrics.fit(recording, reaction=-1)
    with pytest.raises(DataError, match="no agents 'smith'"):
        metrics.fit(recording, of="smith")
    constant = foreign(
        np.random.default_rng(3), lambda shape, colour, agent: compositional(shape, colour), n_episodes=4
    )
    with pytest.raises(DataError, match="own_body has a single value"):
        metrics.fit(constant, ["own_body"])
    with pytest.raises(DataError, match="holds no channel/said"):
        metrics.fit(memory_recording({}, {"length": [2]}, {"feature/shape": np.zeros((2, 1), np.int32)}))


def test_the_page_explains_every_measure():
    page = PAGE.read_text()
    headings = set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))
    assert headings == set(MEASURES)
    for measure in MEASURES.values():
        assert measure.about.endswith(".")
        assert measure.warning.endswith(".")


def test_noise_seldom_looks_like_a_finding():
    """A few recordings only; docs/calibration.md has the many."""
    p_values = [p for seed in range(8) for p in slow_noise(seed)]
    assert len(p_values) >= 8 * 6
    assert np.mean(np.array(p_values) <= 0.1) < 0.25


def slow_noise(seed):
    """The p-values of a recording of speech about nothing, in a world that changes as slowly as it does."""
    rng = np.random.default_rng([77, seed])
    shape = 16, 12

    def slow(n):
        moves = rng.random(shape) < 0.2
        moves[:, 0] = True
        since = np.maximum.accumulate(np.where(moves, np.arange(shape[1]), 0), axis=1)
        return np.take_along_axis(rng.integers(0, n, shape), since, axis=1).reshape(-1, 1)

    columns = {"feature/shape": slow(3).astype(np.int32), "feature/colour": slow(3).astype(np.int32)}
    columns["channel/said"] = np.stack([slow(4), slow(4)], axis=2).astype(np.uint8)
    rows = metrics.fit(memory_recording({}, {"length": np.full(shape[0], shape[1])}, columns), n_null=19, seed=seed)
    return [row.p_value for row in rows if row.p_value is not None]
