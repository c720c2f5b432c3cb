"""docs/file-format.md: its tables are the schema's, and it names every attribute that recordings have."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from commlab.datasets.reader import open_recording
from commlab.foundation.run import find_run

DOCS = Path(__file__).parents[2] / "docs"
if not DOCS.exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)
PAGE = DOCS / "file-format.md"


def test_the_tables_of_the_page_are_the_schema_s() -> None:
    spec = importlib.util.spec_from_file_location("docs_schema", DOCS / "site" / "schema.py")
    assert spec is not None
    assert spec.loader is not None
    schema = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(schema)
    text = PAGE.read_text(encoding="utf-8")
    assert schema.with_tables(text) == text, "make world writes it anew"


def test_the_page_names_every_attribute_and_column_of_a_recording(workplace: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    with open_recording(find_run("sample").path / "recording.h5") as recording:
        assert [name for name in recording.attrs if f"`{name}`" not in text] == []
        columns = [name for name in recording.columns() if not name.startswith("policy/hidden.")]
    assert [name for name in columns if f"`{name}`" not in text] == []
