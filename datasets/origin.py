"""The provenance of what is found in a recording: which recording it is, and how its agents were trained."""

from collections.abc import Mapping
from typing import Any

from commlab.datasets.reader import Recording
from commlab.foundation.provenance import provenance

__all__ = ["origin"]


def origin(recording: Recording, command: str, seed: int | None) -> dict[str, Any]:
    """Who made a result of this recording: `provenance`, and the recording's fingerprint and its agents' grounding.

    The fingerprint is the sha256 of what determines a recording's content, for imported ones of the file they are of.
    A fact that the recording does not hold is left out.
    """
    facts = recording.attrs
    imported, training = table_of(facts.get("imported")), table_of(facts.get("training"))
    beside = {
        "recording": facts.get("fingerprint") or imported.get("sha256"),
        "grounding": training.get("grounding"),
    }
    made = provenance(command, seed, facts.get("checkpoint_sha256"))
    return made | {name: value for name, value in beside.items() if value is not None}


def table_of(value: object) -> Mapping[str, Any]:
    """An attribute that should be a table; an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}
