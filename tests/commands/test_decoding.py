"""docs/decoding.md: its commands run as they stand there, one after another, in an empty folder."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "decoding.md"
if not PAGE.exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)
LINES = re.findall(r"^commlab .*$", "".join(re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(), re.M | re.S)), re.M)
FEW = ["--nulls", "19"]
LESS = {  # what makes a command quick, and no different one
    "record": ["--episodes", "20"],
    "formation": ["--episodes", "16", "--most", "3", *FEW],
    "inject": ["--episodes", "64", *FEW],
    "validate": ["--codebooks", "1"],
    **dict.fromkeys(("cluster", "information", "lexicon", "metrics", "minds", "probe"), FEW),
}


def test_the_commands_of_the_page_run(
    cli: Callable[..., Any], tiny: list[str], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMLAB_WORKERS", "1")  # starting processes takes longer than the work here
    assert len(LINES) >= 15
    for line in LINES:
        program, command, *arguments = shlex.split(line)
        assert program == "commlab"
        less = [*tiny, "--agent-steps", "4096"] if command == "train" else LESS.get(command, [])
        done = cli(command, *arguments, *less)
        assert done.code == 0, (line, done.err)
    assert (elsewhere / "runs" / "sample" / "report.html").exists()


def test_every_step_has_a_command() -> None:
    steps = ("record", "lexicon", "probe", "information", "metrics", "cluster", "minds", "formation", "validate")
    assert {line.split()[1] for line in LINES} >= set(steps)
