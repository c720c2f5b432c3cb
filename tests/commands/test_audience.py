"""Who talks to whom from the command line: tables and a sentence, one JSON object, a saved result, refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commlab.foundation.result import Result

QUICK = ["--nulls", "19"]


def test_it_prints_tables_and_a_sentence_and_saves_its_result(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("audience", "tiny", *QUICK)
    assert done.code == 0, done.err
    assert "Who is heard by whom (share of steps)" in done.out
    assert "are spoken to, within earshot, at" in " ".join(done.out.split())
    assert "Saved" in done.err
    assert Result.load(at_home / "runs/tiny/results/audience.json").analysis == "audience"


def test_json_is_one_object(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("audience", "tiny", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["n_episodes"] > 0
    assert {"pairs", "audiences", "heard", "reason"} <= set(found)


def test_a_missing_run_is_one_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("audience", "nothing-here", *QUICK)
    assert done.code == 2
    assert "Traceback" not in done.err
