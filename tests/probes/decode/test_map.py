"""The map: it finds the planted cells and only those, agrees with single probes, and lists what it cannot compute."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.probes.decode import map as maps
from commlab.probes.decode import map_cells, probe


def test_the_planted_cells_are_found_and_only_those(planted_recording):
    targets = ["resource_location", "own_energy", "own_next_action"]
    found = maps.fit(planted_recording(), targets, ["said", "heard"], lags=(0,), n_null=99, unseen_only=False)
    cells = {(cell["target"], cell["source"]) for cell in found.details["cells"] if cell["p_family"] <= 0.05}
    # what is heard is obeyed: gatherers' next action follows it, through where they stand
    assert cells - {("own_next_action", "heard")} == {("resource_location", "said"), ("resource_location", "heard")}
    assert found.details["cells"][0]["target"] == "resource_location"
    assert found.estimate == len(cells)


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_stands_out_in_noise(planted_recording, seed):
    targets = ["resource_location", "altar_location", "own_position.sector", "own_facing", "own_energy"]
    found = maps.fit(planted_recording("noise", seed=seed), targets, ["said"], lags=(-1, 0, 1), n_null=49)
    assert found.estimate == 0
    assert found.details["n_discoveries"] == 0
    assert len(found.details["cells"]) == 15
    assert all(cell["p_family"] >= cell["p_value"] for cell in found.details["cells"])


def test_a_cell_is_what_the_probe_says(planted_recording):
    recording = planted_recording(noise=0.4)
    found = maps.fit(recording, ["altar_location"], ["said", "hidden"], lags=(0, 2), n_null=39)
    for cell in found.details["cells"]:
        alone = probe.fit(recording, cell["target"], cell["source"], cell["of"], cell["lag"], n_null=39)
        assert cell["score"] == pytest.approx(alone.estimate, abs=1e-3)
        assert cell["null_mean"] == pytest.approx(alone.null.mean, abs=2e-3)
        assert cell["p_value"] == pytest.approx(alone.p_value, abs=0.03)
        assert (cell["n_rows"], cell["steps_counted"]) == (alone.details["n_rows"], alone.details["steps_counted"])


def test_episodes_one_by_one_have_the_same_labels(planted_recording, monkeypatch):
    asked = (planted_recording(bodies=("scout", "gatherer", "gatherer")), ["resource_location.cell", "own_energy"])
    whole = maps.fit(*asked, ["hidden"], n_null=19, max_rows=1000)
    monkeypatch.setattr(map_cells, "FEW", 0.0)
    monkeypatch.setattr(map_cells, "label", label_slowly := Counted(map_cells.label))
    alone = maps.fit(*asked, ["hidden"], n_null=19, max_rows=1000)
    assert alone.details["cells"] == whole.details["cells"]
    assert max(label_slowly.n_episodes) == 1


class Counted:
    """A labelling function that remembers how many episodes it was shown."""

    def __init__(self, function):
        self.function, self.n_episodes = function, []

    def __call__(self, recording, *arguments):
        self.n_episodes.append(recording.n_episodes)
        return self.function(recording, *arguments)


def test_the_number_of_workers_changes_nothing(planted_recording):
    asked = (planted_recording(noise=0.4), ["resource_location", "own_energy"], ["said"])
    one, two = (maps.fit(*asked, n_null=19, workers=workers) for workers in (1, 2))
    assert one.details["cells"] == two.details["cells"]


def test_cells_that_cannot_be_computed_are_listed_with_their_reason(planted_recording, tmp_path):
    seen = []
    found = maps.fit(
        planted_recording("silent"),
        ["resource_location", "nearest_stranger_location"],
        lags=(0, 99),
        n_null=19,
        watch=lambda done, total: seen.append((done, total)),
    )
    reasons = {(cell["target"], cell["source"], cell["lag"]): cell["reason"] for cell in found.details["missing"]}
    assert "silence" in reasons[(None, "said", None)]
    assert "labels for 0 episodes" in reasons[("resource_location", "hidden.core", 99)]
    assert "single value" in reasons[("nearest_stranger_location", "hidden.core", 0)]
    assert seen[-1][0] == seen[-1][1]
    assert maps.summary(Result.load(found.save(tmp_path))) == maps.summary(found)


def test_a_clock_is_no_finding(write):
    action = np.tile(np.arange(24) % 3, (30, 1))[..., None].astype(np.uint8)
    hidden = np.random.default_rng(0).normal(size=(30, 24, 1, 4)) + np.eye(4)[action]
    recording = write({"policy/action": action, "policy/hidden.core": hidden.astype(np.float16)})
    with pytest.raises(DataError, match="leaves no null"):
        maps.fit(recording, ["own_next_action"], ["hidden"], n_null=19)


def test_a_map_of_nothing_is_refused_in_one_sentence(planted_recording):
    with pytest.raises(TargetError, match="weather"):
        maps.fit(planted_recording(), ["weather"])
    with pytest.raises(DataError, match="No cell of the map can be computed"):
        maps.fit(planted_recording("silent"), ["resource_location"], ["said"])
    with pytest.raises(DataError, match="needs 60 episodes"):
        maps.fit(planted_recording(), ["resource_location"], n_folds=30)
