"""The command line, run within this process, and a run so small that it is trained in a second or two."""

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from commlab.cli import main

TINY = ["--set", "steps=16", "--set", "train.sequence=16", "--set", "train.worlds=16", "--set", "train.shards=1"]
TINY += ["--set", "train.minibatches=2", "--set", "train.hidden=8", "--set", "train.checkpoints=2", "--processes", "1"]


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence with which a wrong command ends."""
        assert self.code == 2, self
        assert self.out == ""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("commlab: ")
        assert lines[0].endswith((".", "?"))
        return lines[0]


def run_command(*arguments: object) -> Done:
    """Run a command to its end."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["commlab", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    else:
        code = 0
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def cli() -> Callable[..., Done]:
    """Runs a command: cli("probe", folder, "--json") -> Done."""
    return run_command


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    """Options that make a training tiny."""
    return TINY


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the run `tiny` was trained and recorded."""
    folder = tmp_path_factory.mktemp("home")
    with contextlib.chdir(folder):
        trained = run_command("train", "lookout", "--run", "tiny", "--agent-steps", 4096, *TINY)
        assert trained.code == 0, trained.err
        recorded = run_command("record", "tiny", "--episodes", 40)
        assert recorded.code == 0, recorded.err
    return folder


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder, as the one worked in."""
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the one worked in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
