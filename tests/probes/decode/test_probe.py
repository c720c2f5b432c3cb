"""The probe on recordings whose language is known, its null, its controls, and what it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest

from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Null, Result
from commlab.probes.decode import description_length, probe, usable_information
from commlab.probes.decode import map as maps
from commlab.probes.decode.wording import bits_sentence, number_sentence

QUICK = {"n_null": 39}
NOW = -1  # the lag at which own_next_action is the action of the same step


def test_probing_starts_without_heavy_libraries():
    script = (
        "import sys, commlab.probes.decode.probe, commlab.probes.decode.information, commlab.probes.decode.map, "
        "commlab.probes.decode.usable_information, commlab.probes.decode.description_length; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not {
        "torch",
        "sklearn",
        "numba",
        "matplotlib",
        "pandas",
        "umap",
        "scipy.stats",
        "scipy.optimize",
        "joblib",
    } & set(loaded)


def test_a_holistic_language_is_read(planted_recording):
    found = probe.fit(planted_recording(), "resource_location", **QUICK)
    assert found.estimate > 0.93
    assert found.interval[0] < found.estimate < found.interval[1]
    assert found.null.mean == pytest.approx(0.1, abs=0.02)
    assert found.p_value == pytest.approx(1 / 40)
    assert found.name == "probe-resource_location-said-speakers-lag0"
    assert found.sentence.startswith("From what speakers said, a linear probe names resource_location (the sector")
    assert "% of held-out steps (balanced; 95 % interval" in found.sentence


@pytest.mark.parametrize("meaning", ["noise", "distractor"])
def test_speech_about_other_things_is_at_the_null(planted_recording, meaning):
    found = probe.fit(planted_recording(meaning), "resource_location", **QUICK)
    assert found.null.low - 0.05 < found.estimate < found.null.high + 0.02
    assert found.p_value > 0.05
    assert "no more than chance gives" in found.sentence


def test_what_was_heard_is_about_the_step_before(planted_recording):
    recording = planted_recording(bodies=("scout", "gatherer", "gatherer"))
    scores = [
        probe.fit(recording, "resource_location", "heard", lag=lag, unseen_only=False, n_null=0).estimate
        for lag in (-1, 0)
    ]
    assert scores[0] > scores[1] + 0.05


def test_listeners_count_unseen_steps_of_resources_only(planted_recording):
    recording = planted_recording()
    counted = {
        (source, target, of): probe.fit(recording, target, source, of, n_null=0).details["steps_counted"]
        for source, target, of in (
            ("heard", "resource_location", None),
            ("hidden", "resource_location", "listeners"),
            ("hidden", "resource_location", "gatherer"),
            ("hidden", "resource_location", None),
            ("observation", "resource_location", "listeners"),
            ("hidden", "own_next_action", "listeners"),
        )
    }
    assert list(counted.values()) == ["unseen", "unseen", "unseen", "all", "all", "all"]
    everything = probe.fit(recording, "resource_location", "heard", unseen_only=False, n_null=0)
    unseen = probe.fit(recording, "resource_location", "heard", n_null=0)
    assert unseen.details["n_rows"] < everything.details["n_rows"]


def test_the_deaf_know_nothing_and_stand_beside_the_hearing(planted_recording):
    deaf = planted_recording(hears=False, seed=1)
    found = probe.fit(
        planted_recording(), "resource_location", "hidden", of="listeners", beside={"muted": deaf}, **QUICK
    )
    assert found.estimate > 0.5
    assert found.details["beside"]["muted"]["score"] < 0.25
    assert probe.summary(found)["beside"] == {"muted": found.details["beside"]["muted"]["score"]}


def test_a_recording_beside_that_cannot_answer_says_why(planted_recording):
    found = probe.fit(planted_recording(), "own_next_action", beside={"muted": planted_recording("silent")}, **QUICK)
    assert found.details["beside"]["muted"]["score"] is None
    assert "silence" in found.details["beside"]["muted"]["reason"]


def test_a_number_is_scored_by_r_squared(planted_recording):
    found = probe.fit(planted_recording(), "own_energy", "observation", **QUICK)
    assert found.unit == "R^2"
    assert found.estimate > 0.8
    assert found.p_value == pytest.approx(1 / 40)
    assert found.null.mean < found.estimate
    assert (found.details["majority"], found.details["classes"]) == (0, [])
    assert "R^2 = " in found.sentence


def test_details_hold_what_figures_and_programs_need(planted_recording, tmp_path):
    recording = planted_recording()
    found = probe.fit(recording, "resource_location", "hidden", of="scout", lag=1, n_folds=4, **QUICK)
    details = found.details
    table = np.array(details["confusion"])
    assert table.shape == (len(details["classes"]),) * 2
    assert table.sum() == details["n_rows"] == 40 * 31
    assert np.mean(np.diag(table) / table.sum(1)) == pytest.approx(found.estimate)
    assert (details["lag"], details["n_folds"], details["of"], details["source"]) == (1, 4, "scout", "hidden.core")
    assert len(details["null_draws"]) == 39
    short = probe.summary(found)
    assert {"target", "source", "of", "lag", "score", "score_name", "score_interval", "null_mean", "p_value"} <= set(
        short
    )
    assert {"majority", "selectivity", "n_episodes"} <= set(short)
    json.dumps(short, allow_nan=False)
    assert probe.summary(Result.load(found.save(tmp_path))) == short


def test_the_same_seed_gives_the_same_result(planted_recording):
    recording = planted_recording(noise=0.4)
    one, same, other = (probe.fit(recording, "resource_location", seed=seed, **QUICK) for seed in (3, 3, 4))
    assert (one.estimate, one.interval, one.null) == (same.estimate, same.interval, same.null)
    assert one.null != other.null


def test_rows_are_thinned_by_whole_episodes(planted_recording):
    found = probe.fit(planted_recording(), "resource_location", max_rows=32 * 25, n_null=0)
    assert found.n_episodes == 25
    assert (found.details["n_rows"], found.details["n_rows_available"]) == (32 * 25, 32 * 40)
    assert (found.null, found.p_value) == (None, None)
    assert found.details["null_reason"] == "no null draws were asked for"


def test_episodes_of_unequal_length_are_permuted_too(write):
    rng = np.random.default_rng(0)
    action = rng.integers(0, 3, (60, 20, 1)).astype(np.uint8)
    columns = {"policy/action": action, "channel/said": (action[..., None] + 1).astype(np.uint8)}
    recording = write(columns, lengths=rng.integers(5, 21, 60))
    found = probe.fit(recording, "own_next_action", lag=NOW, **QUICK)
    assert found.estimate > 0.99
    assert found.null.mean == pytest.approx(1 / 3, abs=0.05)


@pytest.mark.parametrize("model", ["linear", "logistic", "nonlinear"])
def test_unequal_lengths_and_constant_columns_are_read_by_every_model(write, model):
    rng = np.random.default_rng(0)
    action = rng.integers(0, 3, (40, 12, 1))
    hidden = np.concatenate([np.eye(3)[action] + 0.1 * rng.normal(size=(40, 12, 1, 3)), np.ones((40, 12, 1, 2))], -1)
    columns = {"policy/action": action.astype(np.uint8), "policy/hidden.core": hidden.astype(np.float16)}
    recording = write(columns, lengths=rng.integers(2, 13, 40))
    found = probe.fit(recording, "own_next_action", "hidden", lag=NOW, n_null=19, model=model)
    assert found.estimate > 0.98
    assert found.details["n_features"] >= 3
    assert found.p_value == pytest.approx(0.05)
    usable = usable_information.fit(recording, "own_next_action", "hidden", lag=NOW, n_null=0)
    code = description_length.fit(recording, "own_next_action", "hidden", lag=NOW, n_null=0, n_orders=2)
    assert usable.estimate > 1.3
    assert code.estimate > 2
    cells = maps.fit(recording, ["own_next_action"], ["hidden"], lags=(NOW, 0), n_null=19).details["cells"]
    assert [cell["lag"] for cell in cells if cell["score"] > 0.9] == [NOW]


def test_the_second_null_turns_labels_in_time(planted_recording):
    found = probe.fit(planted_recording(), "resource_location", circular=True, **QUICK)
    turned = found.details["circular_shift"]
    assert turned["p_value"] == pytest.approx(1 / 40)
    assert turned["mean"] > found.null.mean  # the crystal is often where it was
    assert turned["reason"] is None
    altar = probe.fit(planted_recording("distractor"), "altar_location", of="scout", lag=0, circular=True, **QUICK)
    assert altar.details["circular_shift"] is not None


def test_the_second_null_is_refused_for_what_stays_the_same(write):
    action = np.repeat(np.random.default_rng(0).integers(0, 3, (30, 1, 1)), 8, axis=1).astype(np.uint8)
    recording = write({"policy/action": action, "channel/said": action[..., None]})
    turned = probe.fit(recording, "own_next_action", circular=True, **QUICK).details["circular_shift"]
    assert turned["p_value"] is None
    assert "own_next_action" in turned["reason"]


def test_every_episode_with_a_condition_of_its_own_leaves_no_null(write):
    action = np.random.default_rng(0).integers(0, 3, (12, 20, 1)).astype(np.uint8)
    recording = write(
        {"policy/action": action, "channel/said": action[..., None]}, condition=[str(e) for e in range(12)]
    )
    found = probe.fit(recording, "own_next_action", **QUICK)
    assert found.null is None
    assert "condition of its own" in found.details["null_reason"]
    assert "no test was possible" in found.sentence


def test_rare_classes_are_left_out_and_named(write):
    action = np.random.default_rng(0).integers(0, 3, (20, 20, 1)).astype(np.uint8)
    action[:2, 7:9] = 3
    found = probe.fit(write({"policy/action": action, "channel/said": action[..., None]}), "own_next_action", n_null=0)
    assert len(found.details["classes"]) == 3
    assert len(found.details["classes_dropped"]) == 1


def sticky(rng, shape, n_values):
    """Codes that mostly stay what they were."""
    codes = rng.integers(0, n_values, shape)
    for t in range(1, shape[1]):
        stay = rng.random(shape[0]) < 0.9
        codes[stay, t] = codes[stay, t - 1]
    return codes


def test_false_positive_rate_on_dependent_series_is_what_it_says(write):
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(200):
        said, action = (sticky(rng, (16, 24, 1), 3).astype(np.uint8) for _ in range(2))
        recording = write({"channel/said": said[..., None], "policy/action": action})
        hits += probe.fit(recording, "own_next_action", n_folds=4, n_null=19).p_value <= 0.05
    assert 0.02 <= hits / 200 <= 0.08


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"target": "weather"}, TargetError, "weather"),
        ({"source": "sad"}, DataError, "no source 'sad'"),
        ({"source": "hidden.deep"}, DataError, "hidden.core"),
        ({"of": "witch"}, DataError, "scout, gatherer"),
        ({"of": 7}, DataError, "from 0 to 1"),
        ({"n_folds": 30}, DataError, "30 folds need at least 60"),
        ({"n_folds": 1}, DataError, "at least 2"),
        ({"model": "forest"}, DataError, "all are linear, logistic, nonlinear"),
        ({"max_rows": 100}, DataError, "more than 100 rows"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(planted_recording, arguments, error, words):
    with pytest.raises(error, match=words):
        probe.fit(planted_recording(), **{"target": "resource_location", **arguments})


def test_what_cannot_be_answered_is_refused_in_one_sentence(planted_recording, write):
    with pytest.raises(DataError, match="silence, if the channel is muted"):
        probe.fit(planted_recording("silent"), "resource_location")
    action = np.random.default_rng(0).integers(0, 2, (12, 8, 1)).astype(np.uint8)
    with pytest.raises(DataError, match="single value"):
        probe.fit(write({"policy/action": np.zeros_like(action), "channel/said": action[..., None]}), "own_next_action")
    hidden = np.random.default_rng(0).normal(size=(12, 8, 1, 4)).astype(np.float16)
    hidden[3, 2] = np.nan
    broken = write({"policy/action": action, "policy/hidden.core": hidden})
    for analysis in (probe, usable_information, description_length):
        with pytest.raises(DataError, match="NaN or infinite in 1 of 96 rows"):
            analysis.fit(broken, "own_next_action", "hidden")
    with pytest.raises(
        DataError, match="No cell of the map can be computed: policy/hidden.core is NaN or infinite in 1"
    ):
        maps.fit(broken, ["own_next_action"], ["hidden"])
    with pytest.raises(DataError, match="holds no channel/said"):
        probe.fit(broken, "own_next_action")
    huge = write(
        {"policy/action": action, "policy/hidden.core": np.full(hidden.shape, 1e30, np.float32) * action[..., None]}
    )
    with pytest.raises(DataError, match=r"numbers beyond 1e\+15, too large to fit"):
        probe.fit(huge, "own_next_action", "hidden")


def test_no_sentence_has_a_negative_zero():
    null = Null("whole episodes permuted", -0.001, -0.002, 0.001, 99)
    said = number_sentence("x", -0.001, (-0.004, 0.002), null, "y") + bits_sentence(
        "a", "b", -1e-9, None, (0, -0.0), "z"
    )
    assert "-0.00" not in said
