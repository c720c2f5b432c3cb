"""Results whose tables are not what they should be: the report says so, and tells the rest."""

import json
from pathlib import Path

from commlab.figures.report import write_report
from commlab.foundation.result import Result

EVIL = "</script><img src=x onerror=alert(1)>"


def test_misshapen_tables_spoil_no_report_and_are_never_markup(tmp_path: Path) -> None:
    tables = {"lexicon": {"lexicon": [None]}, "verdict": {"evidence": 7}, "use": {"conditions": 5}}
    for analysis, details in tables.items():
        Result(analysis, analysis, 0.5, EVIL, None, None, None, 3, f"It is {EVIL}.", details).save(tmp_path / "results")
    damaged = json.loads((tmp_path / "results" / "use.json").read_text()) | {"name": "other", "n_episodes": EVIL}
    (tmp_path / "results" / "other.json").write_text(json.dumps(damaged))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "Cannot be told" in page
    assert "its field n_episodes is not a number of episodes" in page
    assert "<img src=x" not in page
    assert "<script" not in page
