"""Every example of the documents runs, page by page, in a folder with the sample; what takes too long is checked."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
if not (HERE.parents[1] / "docs").exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)

RUN_BY_OTHERS = {  # pages whose examples are run by a test of their own
    "decoding.md": "tests/commands/test_decoding.py",
    "other-peoples-data.md": "tests/commands/test_other_peoples_data.py",
    "world.md": "tests/commands/test_world_page.py",
}
FEW = {"--nulls": "19", "--episodes": "32"}  # what makes a command quick, and no different one
FEWER = {"inject", "influence", "verdict", "kinship", "patch", "steer", "erase", "behaviour", "trajectories", "talk"}


def load() -> ModuleType:
    """tests/docs/examples.py: what the pages hold."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("docs_examples", HERE / "examples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_examples"] = module
    spec.loader.exec_module(module)
    return module


examples = load()
BLOCKS = {page: examples.blocks_of(page) for page in examples.PAGES}
RUNNABLE = ("python", *examples.SHELL)


def is_run(block: Any) -> bool:
    """Whether the block is run here."""
    return block.language in RUNNABLE and not block.mark and block.page.name not in RUN_BY_OTHERS


def sparing(words: list[str]) -> list[str]:
    """A command with as few draws and episodes as it takes, where it does not say how many."""
    command = examples.group().commands.get(words[1] if len(words) > 1 else "")
    if command is None:
        return words
    known, given = examples.options_of(command), {word.partition("=")[0] for word in words}
    wanted = FEW if words[1] in FEWER else {"--nulls": FEW["--nulls"]}
    less = [part for name, value in wanted.items() if name in known - given for part in (name, value)]
    return [*words, *less]


def run_line(line: str, cli: Callable[..., Any]) -> None:
    """Run a line of a shell block; commlab within this process, which spares its start."""
    words = shlex.split(line)
    assert words[0] not in ("make", "git", "pip", "cd"), f"{line}: mark its block as checked, not run, and say why"
    if words[0] == "commlab":
        done = cli(*sparing(words)[1:])
        assert done.code == 0, (line, done.err)
        return
    words = [sys.executable, *words[1:]] if words[0] == "python" else words
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, (line, ended.stderr)


@pytest.mark.parametrize(
    "page", [page for page, blocks in BLOCKS.items() if any(map(is_run, blocks))], ids=lambda page: page.name
)
def test_the_examples_of_a_page_run_in_its_order(
    page: Path, cli: Callable[..., Any], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMLAB_WORKERS", "1")  # starting processes takes longer than the work here
    monkeypatch.syspath_prepend(str(workplace))
    shared: dict[str, Any] = {"__name__": "__main__"}
    for block in BLOCKS[page]:
        if found := examples.FILE.fullmatch(block.mark):
            (workplace / found[1]).write_text(block.text, encoding="utf-8")
        elif not is_run(block):
            continue
        elif block.language == "python":
            exec(compile(block.text, block.where, "exec"), shared)  # as a reader would, block after block
        else:
            for line in examples.lines_of(block.text):
                run_line(line, cli)


MARKED = [block for blocks in BLOCKS.values() for block in blocks if block.language in RUNNABLE and not is_run(block)]


@pytest.mark.parametrize("block", MARKED, ids=lambda block: block.where)
def test_an_example_that_is_not_run_could_be(block: Any) -> None:
    if block.language == "python":
        compile(block.text, block.where, "exec")
        return
    assert subprocess.run(["bash", "-n"], input=block.text, text=True, check=False).returncode == 0
    for words in examples.commands_in(block.text):
        if words[0] in ("commlab", "torchrun"):
            assert examples.wrong(words) is None, words


def test_a_mark_says_why_or_which_file() -> None:
    marks = {block.where: block.mark for blocks in BLOCKS.values() for block in blocks if block.mark}
    known = (examples.NOT_RUN, examples.FILE)
    assert [where for where, mark in marks.items() if not any(kind.fullmatch(mark) for kind in known)] == []


def test_commands_beside_their_output_exist() -> None:
    blocks = [block for page in BLOCKS.values() for block in page if block.language == "console"]
    lines = [(block.where, line[2:]) for block in blocks for line in block.text.splitlines() if line[:2] == "$ "]
    calls = {where: shlex.split(line) for where, line in lines if line.startswith("commlab")}
    assert {where: words for where, words in calls.items() if examples.wrong(words)} == {}


def test_commands_stand_in_blocks_that_say_that_they_are_a_shell_s() -> None:
    plain = [block for blocks in BLOCKS.values() for block in blocks if block.language == ""]
    assert [block.where for block in plain if re.search(r"^commlab ", block.text, flags=re.M)] == []


@pytest.mark.parametrize("page", examples.PAGES, ids=lambda page: page.name)
def test_commands_within_sentences_exist(page: Path) -> None:
    found = {span: examples.strange(span) for span in examples.spans_of(page)}
    assert {span: what for span, what in found.items() if what} == {}


def test_checks_find_what_is_wrong() -> None:
    assert examples.wrong(["commlab", "prob"]) == "there is no command 'prob'"
    assert "--tarhet" in str(examples.wrong(["commlab", "probe", "--tarhet=time"]))
    assert examples.wrong(["commlab", "probe", "--nulls", "many"]) is not None
    assert examples.wrong(["commlab", "probe", "--nulls", "19"]) is None
    assert examples.strange("commlab probe --tarhet") == "probe has no --tarhet"
    assert examples.strange("commlab inject --by") is None


def test_an_example_that_fails_is_told(cli: Callable[..., Any], workplace: Path) -> None:
    with pytest.raises(AssertionError, match="nowhere"):
        run_line("commlab lexicon nowhere", cli)
    with pytest.raises(AssertionError, match="exit"):
        run_line("python -c 'exit(1)'", cli)
