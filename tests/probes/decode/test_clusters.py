"""Clusters: planted ones are found and explained, noise is not, and what formed them is never tested."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.foundation.statistics import draw_permutations, episode_strata
from commlab.probes.decode import clusters
from commlab.probes.decode.clusters import picture
from commlab.probes.decode.clusters.explaining import compare, shares
from commlab.probes.decode.clusters.forming import NOISE, Recipe, assign, choose_k, form, stability

HEADER = {
    "codes": {
        "cells": {"0": "empty"},
        "actions": {"0": "stay", "1": "north", "2": "east", "3": "south"},
        "bodies": {"0": "scout"},
    },
    "layout": {"height": 9, "width": 9},
    "seed": 0,
    "command": "test",
    "columns": {"observation/vector": list("abcdef")},
}
QUICK = {"n_resamples": 0, "n_null": 99, "targets": ("own_next_action",)}


def held(rng, n_episodes, n_steps, n_values, stay=0.9):
    """Codes (E, T, 1) that stay the same for ten steps or so."""
    moves = rng.random((n_episodes, n_steps)) > stay
    moves[:, 0] = True
    since = np.maximum.accumulate(np.where(moves, np.arange(n_steps), 0), axis=1)
    return np.take_along_axis(rng.integers(0, n_values, (n_episodes, n_steps)), since, axis=1)[..., None]


def drifting(rng, n_episodes, n_steps, n_columns, memory=0.95):
    """Numbers (E, T, 1, D) that drift slowly."""
    values = rng.normal(size=(n_episodes, n_steps, 1, n_columns))
    for t in range(1, n_steps):
        values[:, t] = memory * values[:, t - 1] + np.sqrt(1 - memory**2) * values[:, t]
    return values


def recorded(observation, said, **columns):
    """A recording of one scout who observes numbers (E, T, 1, D) and says symbols (E, T, 1)."""
    n_episodes, n_steps = said.shape[:2]
    rng = np.random.default_rng(9)
    every = {
        "agents/position": np.ones((n_episodes, n_steps, 1, 2), np.int16),
        "channel/said": said[..., None].astype(np.uint8),
        "policy/action": rng.integers(0, 4, said.shape).astype(np.uint8),
        "observation/vector": observation.astype(np.float32),
        "steps/terminated": np.zeros((n_episodes, n_steps), bool),
        "steps/truncated": np.zeros((n_episodes, n_steps), bool),
        **columns,
    }
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in every.items()}
    episodes = {"length": np.full(n_episodes, n_steps, np.int32), "bodies": np.zeros((n_episodes, 1), np.uint8)}
    return memory_recording(HEADER, episodes, flat)


def noise(seed, n_episodes=36, n_steps=20):
    """A recording in which what is said has nothing to do with what is observed; a fifth of it is silence."""
    rng = np.random.default_rng(seed)
    return recorded(drifting(rng, n_episodes, n_steps, 6), held(rng, n_episodes, n_steps, 5))


def planted(seed=0, n_episodes=40, n_steps=20, n_kinds=4):
    """A recording in which each of four kinds of observation has a symbol of its own, wrong in a tenth of its uses."""
    rng = np.random.default_rng(seed)
    kind = held(rng, n_episodes, n_steps, n_kinds)
    centres = 5 * np.random.default_rng(1).normal(size=(n_kinds, 6))
    wrong = rng.random(kind.shape) < 0.1
    said = np.where(wrong, rng.integers(1, n_kinds + 1, kind.shape), kind + 1)
    return recorded(centres[kind] + rng.normal(size=(*kind.shape, 6)), said)


def test_planted_clusters_are_found_and_say_their_symbol():
    result = clusters.fit(planted(), "observation", n_resamples=5, n_null=99)
    details = result.details
    assert details["k"] == 4
    assert "most that recur" in details["k_by"]
    assert details["stability"]["least"] > 0.95
    assert result.estimate == pytest.approx(2 - 0.1 * 4, abs=0.4)  # 2 bits, less what a tenth of wrong symbols takes
    assert result.p_value == 0.01
    assert result.interval[0] < result.estimate < result.interval[1]
    said = [cluster["tested"][0] for cluster in details["clusters"]]
    assert {entry["value"] for entry in said} == {"1", "2", "3", "4"}
    for cluster, entry in zip(details["clusters"], said, strict=True):
        assert entry["variable"] == "message"
        assert entry["share"] == pytest.approx(0.925, abs=0.08)
        assert entry["interval"][0] < entry["share"] < entry["interval"][1]
        assert entry["lift"] == pytest.approx(entry["share"] / entry["base"])
        assert f"says {entry['value']} ({100 * entry['share']:.0f} %)" in cluster["words"]
    assert sum(cluster["share"] for cluster in details["clusters"]) == pytest.approx(1)


def test_hdbscan_finds_the_planted_clusters_too():
    result = clusters.fit(planted(), "observation", method="hdbscan", n_resamples=0, n_null=99)
    said = {entry["value"] for cluster in result.details["clusters"] for entry in cluster["tested"][:1]}
    assert said == {"1", "2", "3", "4"}
    assert result.details["noise"]["testing"] < 0.5


def test_a_world_of_crystals_is_explained_by_the_scouts_symbols(planted_recording):
    recording = planted_recording("holistic", n_episodes=60)
    result = clusters.fit(recording, "world", k=8, targets=("resource_location",), n_resamples=0, n_null=99)
    pairs = [
        (cluster["described"][0]["value"], cluster["tested"][0])
        for cluster in result.details["clusters"]
        if cluster["described"] and cluster["described"][0]["share"] > 0.99
    ]
    assert len(pairs) >= 6
    assert len({entry["value"] for _, entry in pairs}) == len({place for place, _ in pairs}) == len(pairs)
    assert all(entry["share"] > 0.9 and entry["p_value"] == 0.01 for _, entry in pairs)


def test_noise_gives_small_p_values_at_the_nominal_rate():
    results = [clusters.fit(noise(100 + n), "observation", k=3, seed=n, **QUICK) for n in range(80)]
    below = sum(result.p_value <= 0.05 for result in results)
    explained = sum(any(cluster["tested"] for cluster in result.details["clusters"]) for result in results)
    assert below <= 10  # of 80 at a rate of 0.05, more have a probability of 0.002
    assert explained <= 10
    assert np.mean([result.p_value for result in results]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([result.estimate for result in results]) == pytest.approx(0, abs=0.02)


def test_testing_what_formed_the_clusters_would_find_noise_every_time():
    rng = np.random.default_rng(0)
    observed = drifting(rng, 36, 20, 4)[..., 0, :]
    model = form(observed.reshape(-1, 4).astype(np.float32), Recipe(k=3))
    labels = assign(model, observed.reshape(-1, 4).astype(np.float32)).reshape(36, 20)
    forming = (observed[..., 0] > 0).astype(np.int64)
    permutations = draw_permutations(episode_strata(np.full(36, 20)), 99, rng)
    assert np.nanmin(compare(labels, [forming], [(3, 2)], permutations)[0]) == 0.01


def test_what_formed_the_clusters_has_no_p_value(planted_recording):
    recording = planted_recording("holistic")
    result = clusters.fit(recording, "world", k=4, targets=("resource_location", "own_next_action"), n_resamples=0)
    variables = result.details["variables"]
    assert variables["resource_location"]["p_values"] is None
    assert variables["resource_location"]["formed_them"]
    assert not variables["own_next_action"]["formed_them"]
    assert "resource_location" not in {row["variable"] for row in result.details["tested"]}
    for cluster in result.details["clusters"]:
        assert all("p_value" not in entry for entry in cluster["described"])
        assert all(entry["variable"] != "resource_location" for entry in cluster["tested"])


def test_hidden_clusters_are_tested_on_the_world(planted_recording):
    result = clusters.fit(planted_recording("holistic", n_episodes=60), targets=("resource_location",), n_resamples=0)
    assert result.details["source"] == "hidden.core"
    found = {row["variable"]: row for row in result.details["tested"]}
    assert found["resource_location"]["bits"] > 2
    assert found["resource_location"]["p_value"] == 0.005
    assert not result.details["variables"]["resource_location"]["formed_them"]


def test_the_message_never_forms_contexts_of_the_world(planted_recording):
    recording = planted_recording("noise")
    names = ("own_position", "own_message", "audience_kinship")
    with_message = clusters.fit(recording, "world", k=3, targets=names, n_resamples=0)
    without = clusters.fit(recording, "world", k=3, targets=names[:1], n_resamples=0)
    assert with_message.details["n_features"] == without.details["n_features"]


def test_the_same_seed_gives_the_same_result(planted_recording):
    one, other = (clusters.fit(planted(), "observation", n_resamples=3, n_null=99, seed=4) for _ in range(2))
    assert one.to_json().split('"provenance"')[0] == other.to_json().split('"provenance"')[0]


def test_a_result_survives_being_saved():
    result = clusters.fit(planted(), "observation", k=4, **QUICK)
    assert Result.from_json(result.to_json()).details["clusters"] == json.loads(result.to_json())["details"]["clusters"]


def test_the_picture_holds_a_point_for_each_testing_row(monkeypatch):
    monkeypatch.setattr(picture, "umap_plane", lambda points, seed: picture.flat(points))  # which takes long to compile
    result = clusters.fit(planted(n_episodes=12), "observation", k=4, with_picture=True, every_step=True, **QUICK)
    shown = result.details["picture"]
    assert len(shown["x"]) == len(shown["y"]) == len(shown["cluster"]) == result.details["n_testing_rows"]
    assert set(shown["cluster"]) == {1, 2, 3, 4}


@pytest.mark.slow
def test_umap_keeps_planted_groups_apart():
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1], 100)
    points = (20 * np.eye(4)[group] + rng.normal(size=(200, 4))).astype(np.float32)
    one, other = (picture.umap_plane(points, seed=0) for _ in range(2))
    assert np.array_equal(one, other)
    middles = [one[group == g].mean(0) for g in (0, 1)]
    assert np.linalg.norm(middles[0] - middles[1]) > 3 * one[group == 0].std()


def test_rows_are_capped_by_whole_episodes():
    result = clusters.fit(planted(n_episodes=60), "observation", k=4, max_rows=400, every_step=True, **QUICK)
    assert result.details["n_forming_rows"] + result.details["n_testing_rows"] == 400
    assert result.n_episodes == 10


def test_without_messages_later_behaviour_leads():
    rng = np.random.default_rng(3)
    kind = held(rng, 40, 20, 3)
    recording = recorded(
        6 * np.eye(6)[kind] + rng.normal(size=(*kind.shape, 6)),
        np.ones_like(kind),
        **{"policy/action": kind.astype(np.uint8)},
    )
    result = clusters.fit(recording, "observation", k=3, **QUICK)
    assert result.details["headline"] == "own_next_action"
    assert result.estimate > 0.9  # of the 1.6 bits that there are
    assert result.p_value == 0.01


def test_where_nothing_can_be_tested_clusters_are_described_only():
    rng = np.random.default_rng(3)
    silent = np.zeros((20, 10, 1), int)
    still = {"policy/action": np.zeros((20, 10, 1), np.uint8)}
    recording = recorded(drifting(rng, 20, 10, 6), silent, **still)
    result = clusters.fit(recording, "observation", k=2, every_step=True, **QUICK)
    assert result.estimate is None
    assert result.p_value is None
    assert "described only" in result.sentence
    assert all(cluster["words"] == "nothing we can tell" for cluster in result.details["clusters"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"k": 1}, "must be 2 or more"),
        ({"k": 500}, "too few for 500 clusters"),
        ({"method": "ward"}, "choose kmeans or hdbscan"),
        ({"method": "hdbscan", "k": 3}, "leave out --k"),
        ({"n_null": 5}, "19 or more"),
        ({"source": "said"}, "not formed of 'said'"),
        ({"source": "hidden.core"}, "holds no hidden states"),
        ({"of": "birds"}, "no agents 'birds'"),
        ({"max_rows": 60}, "need 8 episodes"),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_a_sentence(changes, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        clusters.fit(noise(0), **({"source": "observation", **QUICK} | changes))
    assert str(error.value).endswith(".")


def test_an_unknown_target_is_refused():
    with pytest.raises(TargetError, match="own_next_action"):
        clusters.fit(noise(0), "observation", targets=("own_next_actoin",))


def test_missing_numbers_and_constant_columns_are_refused():
    rng = np.random.default_rng(0)
    said = held(rng, 20, 10, 3)
    with pytest.raises(DataError, match="NaN"):
        clusters.fit(recorded(np.full((20, 10, 1, 6), np.nan), said), "observation", **QUICK)
    with pytest.raises(DataError, match="same at every step"):
        clusters.fit(recorded(np.ones((20, 10, 1, 6)), said), "observation", **QUICK)
    two = held(rng, 20, 10, 2)[..., None] * np.ones(6)
    with pytest.raises(DataError, match="only 2 different rows"):
        clusters.fit(recorded(two, said), "observation", k=5, **QUICK)


def test_silence_everywhere_is_refused_unless_every_step_counts():
    rng = np.random.default_rng(0)
    silent = recorded(drifting(rng, 20, 10, 6), np.zeros((20, 10, 1), int))
    with pytest.raises(DataError, match="--every-step"):
        clusters.fit(silent, "observation", k=2, **QUICK)


def test_one_cloud_has_no_strong_clusters_and_that_is_said():
    result = clusters.fit(noise(1, n_episodes=60), "observation", **QUICK)
    assert max(choice["strength"] for choice in result.details["choices"][2:]) < 0.9


def test_the_number_of_planted_groups_is_chosen():
    rng = np.random.default_rng(0)
    for n_groups in (3, 6):
        group = rng.integers(0, n_groups, 1200)
        points = (8 * np.eye(8)[group] + rng.normal(size=(1200, 8))).astype(np.float32)
        assert choose_k(points, np.arange(1200) // 20, seed=0)[0] == n_groups


def test_rows_join_the_nearest_centroid_and_those_out_of_reach_are_noise():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(-8, 1, (200, 3)), rng.normal(8, 1, (200, 3))]).astype(np.float32)
    model = form(points, Recipe("hdbscan"))
    assert model.k == 2
    assert len(set(assign(model, points[:200])) - {NOISE}) == 1
    assert assign(model, np.full((1, 3), 100, np.float32)).tolist() == [NOISE]


def test_few_rows_are_no_cloud_for_hdbscan():
    with pytest.raises(DataError, match="only 9 rows to form them"):
        form(np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32), Recipe("hdbscan"))


def test_stability_is_high_for_groups_and_low_for_one_cloud():
    rng = np.random.default_rng(0)
    episode = np.arange(800) // 20
    group = rng.integers(0, 3, 800)
    groups = (8 * np.eye(5)[group] + rng.normal(size=(800, 5))).astype(np.float32)
    cloud = rng.normal(size=(800, 5)).astype(np.float32)
    found = [
        stability(rows, episode, rows, form(rows, Recipe(k=3)), Recipe(k=3), n_resamples=5).mean()
        for rows in (groups, cloud)
    ]
    assert found[0] > 0.99
    assert found[1] < 0.8


def test_shares_by_hand():
    found = shares(np.array([[0, 0, 1], [1, 1, -1]]), np.array([[0, 1, 1], [1, -1, 0]]), (2, 2))
    assert found.counts.tolist() == [[1, 1], [0, 2]]
    assert found.share.tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert found.base.tolist() == [0.25, 0.75]
    assert found.n_episodes.tolist() == [[1, 1], [0, 2]]
    assert found.lift[1].tolist() == [0.0, pytest.approx(4 / 3)]


def test_rare_cells_are_not_tested():
    clusters_, codes = np.zeros((20, 4), int), np.zeros((20, 4), int)
    clusters_[:, ::2], codes[:3, 1] = 1, 1
    permutations = draw_permutations(episode_strata(np.full(20, 4)), 19, np.random.default_rng(0))
    assert np.isnan(compare(clusters_, [codes], [(2, 2)], permutations)[0][:, 1]).all()


def test_importing_clusters_loads_no_sklearn():
    script = "import sys, commlab.probes.decode.clusters\nprint('sklearn' in sys.modules, 'umap' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_no_warning_is_left_to_the_reader():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clusters.fit(planted(n_episodes=16), "observation", n_resamples=2, n_null=19)
