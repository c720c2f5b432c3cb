"""Results of recordings say by which typed command they were made."""

import sys

import pytest

from commlab.commands.runs import typed_command


@pytest.mark.parametrize("program", ["/usr/bin/commlab", "commlab.exe", "/site/commlab/__main__.py"])
def test_the_command_is_told_as_it_was_typed(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [program, "probe", "runs/my run", "--target", "danger"])
    assert typed_command() == "commlab probe 'runs/my run' --target danger"


@pytest.mark.parametrize("argv", [[], [""], ["/usr/bin/pytest", "probe"], ["/site/pytest/__main__.py", "probe"]])
def test_python_code_is_no_command(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert typed_command() is None
