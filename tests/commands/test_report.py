"""`commlab report`: the page, its PDF, runs compared, and one clear sentence where something is lacking."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from commlab.commands.printing import find_browser, installed, print_page
from commlab.commands.report import report, report_and_print
from commlab.foundation.errors import RenderError, RunError
from commlab.foundation.moments import Moment, written
from commlab.foundation.result import Result

Make = Callable[..., Path]
RESULT = Result("zipf", "zipf", 1.0, "exponent", (0.9, 1.1), None, None, 64, "Short words are the common ones.")
SCRIPT = """#!/bin/sh
for word in "$@"; do case "$word" in --print-to-pdf=*) printf '%s' '{content}' > "${{word#*=}}";; esac; done
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a run that needs no figure: make(name, checkpoint bytes, moments)."""
    monkeypatch.chdir(tmp_path)

    def go(name: str, weights: bytes = b"", moments: tuple[Moment, ...] = ()) -> Path:
        run = tmp_path / "runs" / name
        replace(RESULT, details={"moments": written(moments)}).save(run / "results")
        if weights:
            (run / "checkpoints").mkdir()
            (run / "checkpoints" / "steps-000000000100.pt").write_bytes(weights)
        return run

    return go


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a browser into COMMLAB_CHROMIUM that prints what it is told."""

    def go(content: str) -> Path:
        path = tmp_path / "browser"
        path.write_text(SCRIPT.format(content=content))
        path.chmod(0o755)
        monkeypatch.setenv("COMMLAB_CHROMIUM", str(path))
        return path

    return go


def test_the_page_is_written_and_its_paths_told(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    run = make("one")
    assert report("one") == Path("runs/one/report.html")
    report_and_print(["one"], [], False, True)
    told = json.loads(capsys.readouterr().out)
    assert told == {"report": "runs/one/report.html", "figures": "runs/one/figures"}
    assert (run / "report.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="the browser is a shell script")
def test_a_browser_prints_it(make: Make, browser: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    run = make("one")
    browser("%PDF-1.4 of a page")
    report_and_print(["one"], [], True, True)
    assert json.loads(capsys.readouterr().out)["pdf"] == "runs/one/report.pdf"
    assert (run / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(os.name == "nt", reason="the browser is a shell script")
def test_a_browser_that_fails_leaves_no_pdf(make: Make, browser: Callable[[str], Path]) -> None:
    run = make("one")
    browser("sorry")
    with pytest.raises(RenderError, match=r"wrote no PDF.*print it to PDF from there"):
        report_and_print(["one"], [], True, False)
    assert (run / "report.html").is_file()
    assert not (run / "report.pdf").exists()


def test_without_a_browser_nothing_is_begun(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make("one")
    monkeypatch.delenv("COMMLAB_CHROMIUM", raising=False)
    monkeypatch.setattr("commlab.commands.printing.installed", lambda: iter(()))
    with pytest.raises(RenderError, match="Chromium, Chrome or Edge.*open the page in any browser"):
        report_and_print(["one"], [], True, False)
    assert not (run / "report.html").exists()


def test_a_wrongly_named_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMLAB_CHROMIUM", "/nowhere/chrome")
    with pytest.raises(RenderError, match="/nowhere/chrome, which is no program"):
        find_browser()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="There is no Chromium.")
def test_chromium_prints_a_page(tmp_path: Path) -> None:
    page = tmp_path / "a page.html"
    page.write_text("<p>" + "<p style='break-before:page'>words".join("x" * 3))
    printed = print_page(page, next(iter(installed())))
    assert printed == tmp_path / "a page.pdf"
    assert printed.read_bytes().startswith(b"%PDF")


def test_runs_are_compared(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two", "three"):
        make(name, name.encode())
    report_and_print(["one"], ["two"], False, True)
    assert json.loads(capsys.readouterr().out)["report"] == "runs/one/report-compare-two.html"
    report_and_print(["one", "three"], ["two"], False, True)
    assert json.loads(capsys.readouterr().out)["report"] == "runs/one/report-compare-two-three.html"
    report_and_print([], ["one,two,three"], False, True)
    assert json.loads(capsys.readouterr().out)["report"] == "runs/one/report-compare-two-three.html"


def test_comparisons_that_make_no_sense_are_refused(make: Make) -> None:
    one, two = make("one", b"same"), make("two", b"same")
    with pytest.raises(RunError, match="2 runs: to hold them side by side, add --compare"):
        report_and_print(["one", "two"], [], False, False)
    with pytest.raises(RunError, match="named twice"):
        report_and_print(["one"], ["runs/one"], False, False)
    with pytest.raises(RunError, match="the same agents"):
        report_and_print(["one"], ["two"], False, False)
    with pytest.raises(RunError, match="no run called 'ten'"):
        report_and_print(["one"], ["ten"], False, False)
    assert not list(one.glob("*.html")) + list(two.glob("*.html"))


def test_runs_of_one_name_are_told_apart(make: Make, tmp_path: Path) -> None:
    one = make("one", b"1")
    other = tmp_path / "elsewhere" / "one"
    shutil.copytree(one, other)
    (other / "checkpoints" / "steps-000000000100.pt").write_bytes(b"2")
    found = report_and_print(["one"], [str(other)], False, False)
    assert f"{other}" in found.report.read_text("utf-8")


def test_a_report_without_a_recording_has_no_links(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    run = make("one", moments=(Moment(3, 4, (0,), "it turns", "recording.h5"),))
    report("one")
    assert "has no recording" in " ".join(capsys.readouterr().err.split())
    assert "replay.html" not in (run / "report.html").read_text("utf-8")
