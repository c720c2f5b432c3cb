"""The report is one page that needs nothing else, escapes everything, and says what has not been computed."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from commlab.figures.report import write_report
from commlab.figures.report.claims import CLAIMS, drawn_for
from commlab.figures.report.evidence import read_evidence
from commlab.foundation.errors import RunError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

ALONE = "emerged by reward alone"
COMMANDS = ["commlab train lookout", "commlab demo", "commlab probe ", "commlab inject "]


class Page(HTMLParser):
    """What a page refers to, holds and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []  # (tag, target)
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
                self.links.append((tag, value or ""))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(run: RunFolder) -> Page:
    return Page(write_report(run).read_text(encoding="utf-8"))


def n_figures(run: RunFolder) -> int:
    """How many figures a run's results allow."""
    evidence = read_evidence(run)
    return sum(len(drawn_for(claim, evidence)) for claim in CLAIMS)


def with_grounding(run: RunFolder, grounding: str | None, **changes: Any) -> None:
    """Give every result of a run that grounding, and the information result the changes."""
    for path in run.results.glob("*.json"):
        if path.name != "demo.json":
            result = Result.load(path)
            extra = changes if result.analysis == "information" else {}
            replace(result, provenance=result.provenance | {"grounding": grounding}, **extra).save(run.results)


def test_the_page_needs_nothing_else(finished_run: RunFolder) -> None:
    text = finished_run.report.read_text(encoding="utf-8")
    assert len(text) < 10_000_000
    for tag, target in Page(text).links:
        assert target.startswith(("#", "data:")), (tag, target)
    assert not re.search(r"url\((?!#)|@import|@font-face", text)
    assert not {"script", "link", "iframe", "object", "img", "base"} & set(Page(text).tags)


def test_the_page_shows_every_figure_and_no_id_stands_twice(finished_run: RunFolder) -> None:
    page, n = Page(finished_run.report.read_text(encoding="utf-8")), n_figures(finished_run)
    assert n >= 7
    assert page.tags.count("svg") == n
    assert page.tags.count("figcaption") == n
    assert len(page.ids) == len(set(page.ids))
    targets = {target[1:] for _, target in page.links if target.startswith("#")}
    assert targets <= set(page.ids)
    files = sorted(path.suffix for path in finished_run.figures.iterdir() if path.is_file())
    assert files == [".csv"] * n + [".png"] * n + [".svg"] * n


def test_the_summary_comes_first_and_holds_the_headline_numbers(finished_run: RunFolder) -> None:
    text = Page(finished_run.report.read_text(encoding="utf-8")).text
    summary = text[: text.index("Claim by claim", text.index("In short", text.index("What do they say?") - 200))]
    assert "What the scouts say carries 2.43 bits about where the crystal is." in summary
    for value in (
        "5.84",
        "0.91 with other episodes' messages; 3.34 trained with the channel muted",
        "2.43 bits",
        "null 0.02",
        "87 %",
        "3,145,728",
    ):
        assert value in summary, value
    assert "74.2" in text


def test_what_was_not_found_is_told(finished_run: RunFolder) -> None:
    text = Page(finished_run.report.read_text(encoding="utf-8")).text
    part = text[text.rindex("What was not found") :]
    assert "Nothing is told of the next action. (p = 0.340)" in part
    n_tests = sum(result.p_value is not None for result in read_evidence(finished_run).results)
    assert f"among {n_tests} tests" in part


def test_provenance_is_told(finished_run: RunFolder) -> None:
    text = Page(finished_run.report.read_text(encoding="utf-8")).text
    for fact in (
        "0.1.0",
        "9f2c" * 16,
        "Imaginary CPU",
        "commlab injection runs/lookout",
        "2026-01-02 03:04:05",
        "predictive",
    ):
        assert fact in text, fact


def test_moments_that_the_replay_shows_are_linked_and_no_others(linked_run: RunFolder) -> None:
    page = Page(linked_run.report.read_text(encoding="utf-8"))
    links = [target for _, target in page.links if target.startswith("replay.html")]
    assert links == ["replay.html#reel=12&t=8&agent=1"] * 2  # of a claim, and of a result without one
    assert "the scout says 7; the crystal is in the south episode 12, step 8" in page.text
    assert "it turns north" not in page.text


def test_without_a_replay_no_link_is_dead(linked_run: RunFolder, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "alone")
    Result.load(linked_run.results / "zipf.json").save(run.results)
    page = page_of(run)
    assert "Short words are the common ones." in page.text
    assert all(target.startswith(("#", "data:")) for _, target in page.links)


def test_moments_that_are_none_leave_the_report_whole(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "odd")
    Result("zipf", "zipf", 1.0, "exponent", None, None, None, 9, "Words.", {"moments": [{"episode": "x"}]}).save(
        run.results
    )
    assert "Words." in Page(write_report(run, reels={"12"}).read_text(encoding="utf-8")).text


def test_claims_at_a_glance_show_null_results_and_open_questions(finished_run: RunFolder) -> None:
    text = Page(finished_run.report.read_text(encoding="utf-8")).text
    glance = text[text.index("What each claim rests on") :]
    assert "probe-own_next_action-said-speakers-lag0 no 0.21 balanced accuracy" in glance
    assert "probe-resource_location-said-speakers-lag0 yes 0.82 balanced accuracy" in glance
    assert re.search(r"\d+ more claims not asked", glance)


@pytest.mark.usefixtures("undrawn")
def test_results_of_other_agents_are_told(small_run: RunFolder) -> None:
    small_run.checkpoints.mkdir()
    (small_run.checkpoints / "steps-000000001000.pt").write_bytes(b"other weights")
    text = page_of(small_run).text
    assert "of another checkpoint than the run's last one" in text
    assert "steps-000000001000.pt" in text


@pytest.mark.usefixtures("undrawn")
def test_what_was_trained_is_told(small_run: RunFolder) -> None:
    recipe = {"seed": 7, "grounding": {"weight": {"start": 4.0, "end": 0.0, "by": 0.5}}}
    world = {"name": "lookout", "title": "Lookout, the first words"}
    made = {"command": "commlab train lookout --seed 7", "cpu": "Imaginary CPU", "cores": 2}
    facts = {"complete": True, "agent_steps": 4000000, "seconds": 210.4, "grounding": "predictive"}
    facts |= {"identity": {"scenario": world, "train": recipe}, "provenance": made}
    small_run.train.write_text(json.dumps(facts))
    text = page_of(small_run).text
    for fact in ("Lookout, the first words", "commlab train lookout --seed 7", "4,000,000 agent steps, 210 s",
                 "weight 4.00, falling to 0.00 at 0.50 of the training", "Imaginary CPU, 2 cores"):  # fmt: skip
        assert fact in text, fact


def test_a_bare_run_gets_a_page_that_names_the_commands(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "bare")
    run.path.mkdir()
    page = page_of(run)
    assert "svg" not in page.tags
    assert "figure" not in page.tags
    for command in COMMANDS:
        assert command in page.text
    assert not run.figures.exists()


@pytest.mark.usefixtures("undrawn")
def test_what_was_not_asked_is_told_at_the_end_with_its_command(small_run: RunFolder) -> None:
    page = page_of(small_run)
    assert page.tags.count("svg") == 2
    assert "Not computed yet" not in page.text
    part = page.text[page.text.index("Not asked of this run", page.text.index("What was not found")) :]
    assert "What an injected message does: Do listeners act differently" in part
    assert f"commlab inject {small_run.path}" in part


def test_a_result_without_its_tables_is_told_and_not_drawn(small_run: RunFolder) -> None:
    path = small_run.results / "information-resource_location-speakers.json"
    replace(Result.load(path), details={}).save(small_run.results)
    page = page_of(small_run)
    assert page.tags.count("svg") == 1
    assert "The figure symbol_place cannot be drawn" in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_damaged_result_is_named(small_run: RunFolder) -> None:
    (small_run.results / "half.json").write_text('{"half": ')
    assert "half.json" in page_of(small_run).text


def test_a_missing_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        write_report(tmp_path / "nowhere")


def test_hostile_names_are_escaped(small_run: RunFolder) -> None:
    nasty = '"><script>alert(1)</script><img src=http://x.example/y onerror=alert(2)>'
    for path in small_run.results.glob("probe*.json"):
        result = Result.load(path)
        details = result.details | {"target": nasty, "source": nasty, "of": nasty}
        replace(result, sentence=nasty, unit=nasty, details=details, provenance={nasty: nasty, "command": nasty}).save(
            small_run.results
        )
    (small_run.results / "demo.json").write_text(json.dumps({"seconds": {nasty: 1.0}, "agent_steps": nasty}))
    hostile = small_run.path.rename(small_run.path.with_name("<script>alert(3)"))
    page = page_of(RunFolder(hostile))
    assert not {"script", "img"} & set(page.tags)
    assert "alert(1)" in page.text
    assert "alert(3)" in page.text
    assert page.tags.count("svg") == n_figures(RunFolder(hostile))


@pytest.mark.usefixtures("undrawn")
def test_reward_alone_is_said_only_where_no_grounding_was_used(small_run: RunFolder) -> None:
    assert ALONE not in page_of(small_run).text
    with_grounding(small_run, None)
    assert ALONE not in page_of(small_run).text
    with_grounding(small_run, "none")
    assert ALONE in page_of(small_run).text


@pytest.mark.usefixtures("undrawn")
def test_nothing_emerged_where_no_information_was_found(small_run: RunFolder) -> None:
    with_grounding(small_run, "none", p_value=0.6)
    assert ALONE not in page_of(small_run).text


@pytest.mark.usefixtures("undrawn")
def test_a_mixture_of_groundings_is_not_reward_alone(small_run: RunFolder) -> None:
    with_grounding(small_run, "none")
    probe = Result.load(next(small_run.results.glob("probe*.json")))
    replace(probe, provenance=probe.provenance | {"grounding": "influence"}).save(small_run.results)
    assert ALONE not in page_of(small_run).text


@pytest.mark.usefixtures("undrawn")
def test_results_without_a_section_are_still_told(small_run: RunFolder, results: dict[str, Any]) -> None:
    replace(results["use"], analysis="zipf", name="zipf", sentence="Short words are the common ones.").save(
        small_run.results
    )
    text = page_of(small_run).text
    assert "Other results" in text
    assert "Short words are the common ones." in text


def test_writing_again_gives_the_same_page(tmp_path: Path, results: dict[str, Any]) -> None:
    run = RunFolder(tmp_path / "again")
    results["probe_scores"][3].save(run.results)
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first
