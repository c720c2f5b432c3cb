"""Selectivity: high for what is written in the observation's pattern, zero for a probe that memorises types."""

import numpy as np
import pytest

from commlab.probes.decode import probe

N_TYPES = 60
NOW = -1  # the lag at which own_next_action is the action of the same step


def observed(write, action_of_type, hidden_of_type, n_episodes=60, n_steps=20):
    """A recording in which observations of 60 types recur, and hidden states and actions follow from the type."""
    types = np.random.default_rng(0).integers(0, N_TYPES, (n_episodes, n_steps, 1))
    action = action_of_type[types].astype(np.uint8)
    return write(
        {
            "policy/action": action,
            "policy/hidden.core": hidden_of_type[types].astype(np.float16),
            "observation/vector": types[..., None].astype(np.float32),
            "channel/said": action[..., None],
        }
    )


def test_a_source_that_names_the_type_scores_alike_on_control_labels(write):
    rng = np.random.default_rng(1)
    recording = observed(write, rng.integers(0, 3, N_TYPES), np.eye(N_TYPES))
    found = probe.fit(recording, "own_next_action", "hidden", lag=NOW, n_null=0)
    parts = found.details["selectivity_parts"]
    assert parts["n_types"] == N_TYPES
    assert found.estimate == pytest.approx(parts["score"])
    assert found.estimate > 0.95
    assert parts["control"] > 0.95
    assert abs(found.details["selectivity"]) < 0.05


def test_a_source_that_holds_the_target_alone_is_selective(write):
    action = np.random.default_rng(1).integers(0, 3, N_TYPES)
    found = probe.fit(observed(write, action, np.eye(3)[action]), "own_next_action", "hidden", lag=NOW, n_null=0)
    assert found.estimate > 0.99
    assert found.details["selectivity"] > 0.4


def test_undefined_for_messages_and_where_observations_do_not_recur(planted_recording):
    recording = planted_recording()
    said = probe.fit(recording, "resource_location", "said", n_null=0).details["selectivity_parts"]
    assert said["value"] is None
    assert "a message has no type" in said["reason"]
    seen = probe.fit(recording, "resource_location", "hidden", n_null=0).details["selectivity_parts"]
    assert seen["value"] is None
    assert "recur in another fold" in seen["reason"]
