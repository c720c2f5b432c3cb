"""The command in a shell: where one is, completion, quiet, plain terminals, logs, and interrupts."""

import contextlib
import io
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from commlab.cli import app
from commlab.console import err, out, progress, quietly, say, table

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
ENOUGH = 0.5  # seconds
PROGRAM = [sys.executable, "-m", "commlab"]


def plain_env(**changes: str) -> dict[str, str]:
    """The environment without what a terminal says of itself."""
    left_out = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    return {name: value for name, value in os.environ.items() if name not in left_out} | changes


def run(*arguments: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, into pipes."""
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=plain_env(**changes), capture_output=True, text=True, timeout=120
    )


def on_a_terminal(*arguments: str, folder: Path, **changes: str) -> str:
    """What a command writes on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments], cwd=folder, env=plain_env(**changes), stdout=follower, stderr=follower, stdin=follower
    )
    os.close(follower)
    text = b""
    try:
        while chunk := os.read(leader, 65536):
            text += chunk
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    finally:
        os.close(leader)
    assert process.wait(timeout=60) == 0, text
    return text.decode()


def completed(words: str, shell: str) -> list[str]:
    """What a shell is offered for a line, by its own protocol."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setenv("COLUMNS", "80")
        for name, value in asked_by(words, shell).items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit):
            typer.main.get_command(app).main([], prog_name="commlab")
    return offered(printed.getvalue(), shell)


def asked_by(words: str, shell: str) -> dict[str, str]:
    """The environment in which a shell asks."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": words}
    return asked | {"_COMMLAB_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}


def offered(text: str, shell: str) -> list[str]:
    """The words in what a shell is answered: a line each."""
    if shell == "zsh":
        return [re.findall('"(.*?)"', line)[0] for line in text.splitlines()]
    return [line.split("\t")[0] for line in text.splitlines()]


@pytest.fixture
def three_runs(tmp_path: Path) -> Path:
    for name in ("early", "late", "other"):
        (tmp_path / "runs" / name / "checkpoints").mkdir(parents=True)
        (tmp_path / "runs" / name / "checkpoints" / "steps-0001.pt").write_bytes(b"")
        facts = {"complete": name != "other", "finished": f"2026-01-0{1 + (name == 'late')}"}
        (tmp_path / "runs" / name / "train.json").write_text(json.dumps(facts))
    os.utime(tmp_path / "runs" / "other" / "train.json", (1e9, 1e9))
    return tmp_path


def test_alone_it_says_where_one_is_and_what_is_next(cli: Callable[..., Any], three_runs: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(three_runs)
        told = cli().out
        assert told.index("runs/late: trained, but not recorded yet.") < told.index("Next:\n  commlab record late ")
        assert re.search(r"Other runs:.*runs/other +its training was stopped", told, flags=re.DOTALL)
        patch.chdir(three_runs / "runs" / "early")
        assert "This run (early): trained, but not recorded yet." in cli().out
        assert "commlab record ." in cli().out
    assert not (three_runs / "runs" / "sample").exists()


def test_alone_in_an_empty_folder_nothing_is_made(cli: Callable[..., Any], elsewhere: Path) -> None:
    told = cli().out
    assert "There are no runs here yet" in told
    assert "commlab demo" in told
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--help"], ["probe", "--help"], ["talk", "--help"]])
def test_help_takes_half_a_second_of_the_processor_at_most(arguments: list[str], three_runs: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run(*arguments, folder=three_runs).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < ENOUGH


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_s_help_has_examples_and_quiet(cli: Callable[..., Any], command: str) -> None:
    page = cli(command, "--help").out
    _, _, below = page.partition("\n\n")
    assert re.search(rf"^ +commlab {command}\b", below, flags=re.MULTILINE), page
    assert "--quiet" in page


def test_help_is_grouped_by_purpose(cli: Callable[..., Any]) -> None:
    page = cli("--help").out
    headings = [line.rstrip(":") for line in page.splitlines() if re.fullmatch(r"[A-Z].*:", line)]
    assert headings[0] == "Options"
    assert len(headings) > 4
    assert all(len(re.findall(rf"^  {name} ", page, flags=re.MULTILINE)) == 1 for name in COMMANDS)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("prob", "'probe'"), ("injcet", "'inject'"), ("lexikon", "'lexicon'"), ("reprot", "'report'")],
)
def test_a_misspelt_command_names_the_nearest(cli: Callable[..., Any], typed: str, nearest: str) -> None:
    sentence = cli(typed).sentence
    assert f"No such command '{typed}'" in sentence
    assert nearest in sentence


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["probe", "--sourc", "said"], "--source"),
        (["train"], "scenario"),
        (["probe", "--seed", "many"], "--seed"),
        (["lexicon", "one", "two"], "two"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_mistake_in_typing_is_one_sentence(cli: Callable[..., Any], arguments: list[str], told: str) -> None:
    assert told in cli(*arguments).sentence


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_names(shell: str, three_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three_runs)
    assert completed("commlab inje", shell) == ["inject"]
    assert completed("commlab lexicon ", shell) == ["early", "late", "other", "sample"]
    assert completed("commlab report la", shell) == ["late"]
    assert "lookout" in completed("commlab train loo", shell)
    assert "resource_location" in completed("commlab probe --target resource_", shell)
    assert completed("commlab probe --targe", shell) == ["--target", "--targets"]
    assert completed("commlab patch --layer c", shell) == ["core"]
    listed = completed("commlab metrics --targets own_position,resource_lo", shell)
    assert "own_position,resource_location" in listed


def test_bash_completes_recordings(three_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three_runs)
    Path("mine.h5").write_bytes(b"")
    assert completed("commlab lexicon mi", "bash") == ["mine.h5"]


def test_bash_completes_behind_an_equals_sign() -> None:
    assert "resource_location" in completed("commlab probe --target = resource_", "bash")
    assert completed("commlab patch --of = speakers --layer = c", "bash") == ["core"]
    assert completed("commlab patch --layer =", "bash") == ["core", "encoder"]


def test_the_program_answers_a_shell(three_runs: Path) -> None:
    script = "import sys; sys.argv = ['commlab']; from commlab.__main__ import main; main()"
    env = plain_env(**asked_by("commlab report l", "bash"))
    done = subprocess.run([sys.executable, "-c", script], cwd=three_runs, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("late\n", "")


def test_quiet_is_silent_but_for_json_and_errors(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("information", "tiny", "--nulls", 19, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    done = cli("information", "tiny", "--nulls", 19, "-q", "--json")
    assert json.loads(done.out)["target"] == "resource_location"
    assert done.err == ""
    assert "resource_locaton" in cli("information", "tiny", "--target=resource_locaton", "--quiet").sentence
    assert cli("information", "tiny", "--nulls", 19).out


def test_quiet_ends_with_its_block(capsys: pytest.CaptureFixture[str]) -> None:
    with quietly():
        say("nothing")
        table("nothing", ("a",), [(1,)])
        with progress("nothing", 10) as advance:
            advance(5, "")
    assert (out.quiet, err.quiet) == (False, False)
    assert capsys.readouterr() == ("", "")


def test_in_a_pipe_progress_is_a_line_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("training", 1000) as advance:
        for done in range(0, 1001, 7):
            advance(done, f"{done} steps")
        advance(1000, "done")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("training: 0 %")
    assert lines[-1] == "training: 100 %  done"
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", "".join(lines))


def test_pipes_get_no_control_characters_from_progress(home: Path) -> None:
    done = run("metrics", "tiny", "--only", "tokens", "--nulls", "19", folder=home, FORCE_COLOR="1")
    assert done.returncode == 0
    assert "metrics: 100 %" in done.stderr
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr


def test_a_terminal_that_wants_no_colour_gets_no_escape_codes(home: Path) -> None:
    text = on_a_terminal("information", "tiny", "--nulls", "19", folder=home, NO_COLOR="1", TERM="xterm-256color")
    assert "Information about" in text
    assert "\x1b" not in text


def test_a_dumb_terminal_gets_lines_instead_of_a_bar(home: Path) -> None:
    text = on_a_terminal("metrics", "tiny", "--only", "tokens", "--nulls", "19", folder=home, TERM="dumb")
    assert "metrics: 100 %" in text
    assert "\x1b" not in text


def test_an_interrupt_is_one_sentence(home: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "minds", "tiny"],
        cwd=home,
        env=plain_env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    time.sleep(0.8)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("commlab: stopped")
