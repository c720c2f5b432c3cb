"""What is found in a recording says which one it was, and how its agents were trained."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording


def of(**attrs: Any) -> dict[str, Any]:
    """The provenance of a result of a recording with these attributes."""
    return origin(cast(Recording, SimpleNamespace(attrs=attrs)), "commlab probe", 3)


def test_a_recording_is_named_by_its_fingerprint_and_its_agents_by_their_training() -> None:
    made = of(checkpoint_sha256="ab" * 32, fingerprint="cd" * 32, training={"grounding": "predictive", "seed": 1})
    assert (made["command"], made["seed"], made["checkpoint"]) == ("commlab probe", 3, "ab" * 32)
    assert (made["recording"], made["grounding"]) == ("cd" * 32, "predictive")


def test_an_imported_log_is_named_by_its_file() -> None:
    assert of(imported={"sha256": "ef" * 32, "file": "game.csv"})["recording"] == "ef" * 32


@pytest.mark.parametrize("attrs", [{}, {"training": "yes", "imported": 3}, {"training": {"grounding": None}}])
def test_what_is_not_known_is_left_out(attrs: dict[str, Any]) -> None:
    made = of(**attrs)
    assert "recording" not in made
    assert "grounding" not in made
