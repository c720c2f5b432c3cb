"""Recordings held in memory: what was just played can be analysed without a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from commlab.datasets.episodes import derived_columns, table_of
from commlab.datasets.reader import Recording
from commlab.datasets.schema import SCHEMA_VERSION, checked_columns, checked_episodes
from commlab.datasets.stores import ArrayStore
from commlab.foundation.result import to_plain

__all__ = ["memory_recording"]


def memory_recording(
    header: Mapping[str, Any], episodes: Mapping[str, ArrayLike], columns: Mapping[str, ArrayLike]
) -> Recording:
    """A recording in memory, with the checks and the interface of a file's.

    header: root attributes, as RecordingWriter takes them; episodes: fields of schema.EPISODE_FIELDS (E, …), kinship
    as a matrix (A, A) each; columns: schema.COLUMNS (S, …), episode after episode. Raises RecordingError for a wrong
    column or shape.
    """
    fields = checked_episodes(episodes)
    stored = checked_columns(columns, int(fields["length"].sum()))
    attrs = {**to_plain(header), "schema_version": SCHEMA_VERSION}
    labels = attrs.pop("columns", {})
    table = table_of(fields)
    store = ArrayStore(attrs, table, derived_columns(fields["length"]) | stored, labels)
    return Recording(Path("a recording in memory"), store)
