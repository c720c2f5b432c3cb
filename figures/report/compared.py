"""Runs side by side on one page: their numbers with differences or means, their settings, each claim of both."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from commlab.figures.comparison import titles
from commlab.figures.curves import Curve
from commlab.figures.plots import PLOTS
from commlab.figures.report.claims import CLAIMS, Claim, Drawn, drawn_for
from commlab.figures.report.evidence import Evidence
from commlab.figures.report.facts import made_of, table_of
from commlab.figures.report.findings import YES, not_found, outcome, tested
from commlab.figures.report.page import style_sheet, template
from commlab.figures.report.sections import Panel, Section, anchor_of, panel, styles_of
from commlab.figures.report.summary import groundings_of
from commlab.figures.report.tables import Table, table
from commlab.figures.report.weight import fitted
from commlab.figures.wording import number, plain, span
from commlab.foundation.atomic import write_atomic
from commlab.foundation.result import Result

__all__ = ["write_comparison"]

PAIR = 2
LONGEST_NAME = 60  # letters of the page's file name that tell the runs
MOST_SETTINGS = 60
MOST_TITLES = 5
SEEDS = ("hearing", "trained muted")
COMPARISON = Claim("comparison", "comparison", "The numbers", "What do the runs have in common, and what not?", "")
LEARNING = next(claim for claim in CLAIMS if claim.plot == "learning_curve")
OTHER_WORLDS = "The runs live in different worlds, so numbers that differ may tell of the worlds and not of the agents."
OTHER_HELP = "They were helped to speak in different ways (see the settings), which no number here accounts for."


class Side(NamedTuple):
    """One run's part of a claim."""

    name: str
    panels: list[Panel]


class Pair(NamedTuple):
    """A claim of two runs."""

    anchor: str
    title: str
    question: str
    differences: list[str]  # a line a number
    sides: list[Side]


def write_comparison(runs: Sequence[Evidence], names: Sequence[str], result: Result) -> Path:
    """Write report-compare-<others>.html into the first run's folder; returns the page's path.

    names: what the runs are called, all different. result: what `commlab.probes.comparison.compare` found of them; it
    is saved beside the page, as JSON. Two runs are shown claim by claim, figure beside figure; more of them as numbers
    over runs. Raises DataError where the page would be larger than 10 MB.
    """
    home = runs[0].run.path
    stem = f"report-compare-{file_name(names[1:])}"
    overview = overview_of(runs, names, result)
    pairs = pairs_of(runs, names, result) if len(runs) == PAIR else []
    facts = content(runs, names, result)

    def render(sections: Sequence[Section], left_out: list[str]) -> str:
        whole = sections[: len(overview)]
        sides = by_twos(sections[len(overview) :])
        shown = [with_panels(pair, two) for pair, two in zip(pairs, sides, strict=True)]
        entries = [("summary", "In short"), *((part.anchor, part.title) for part in whole), ("settings", "The runs"),
                   *((pair.anchor, pair.title) for pair in shown)]  # fmt: skip
        return str(template("compare.html").render(
            **facts, overview=whole, pairs=shown, entries=entries, left_out=left_out,
            styles=Markup(styles_of(sections)),
        ))  # fmt: skip

    sections = [*overview, *(as_section(pair, side) for pair in pairs for side in pair.sides)]
    write_atomic(home / f"{stem}.json", result.to_json())
    return write_atomic(home / f"{stem}.html", fitted(render, sections))


def overview_of(runs: Sequence[Evidence], names: Sequence[str], result: Result) -> list[Section]:
    """The numbers of all runs, and how they learnt."""
    stem = f"comparison-{file_name(names[1:])}"
    parts = [(COMPARISON, Drawn(stem, result, (result,)))]
    curves = curves_of(runs, names)
    if curves:
        parts.append((LEARNING, Drawn(f"learning_curve-{file_name(names[1:])}", curves, ())))
    sections = []
    for claim, drawn in parts:
        shown = panel(claim, drawn, runs[0].run.figures)
        if claim is COMPARISON:
            shown = shown._replace(sentences=[], table=None)  # it has a section's table to itself
        question = claim.question if claim is COMPARISON else "What do agents earn while they train?"
        title = claim.title if claim is COMPARISON else "Learning"
        sections.append(Section(anchor_of(claim), title, question, [shown], "", [], []))
    return sections


def curves_of(runs: Sequence[Evidence], names: Sequence[str]) -> tuple[Curve, ...]:
    """The training curves: seeds of one recipe under one name, else each run under its own."""
    if len(runs) > PAIR and not {name for name, _ in settings_of(runs) if name != "training seed"}:
        order = {label: index for index, label in enumerate(SEEDS)}
        found = [curve for evidence in runs for curve in evidence.curves]
        return tuple(sorted(found, key=lambda curve: order.get(curve.label, len(order))))
    return tuple(
        curve._replace(label=plain(name, 40))
        for name, evidence in zip(names, runs, strict=True)
        for curve in evidence.curves
        if curve.label == SEEDS[0]
    )


def pairs_of(runs: Sequence[Evidence], names: Sequence[str], result: Result) -> list[Pair]:
    """The claims that both of two runs have results for, figures drawn for both."""
    lines = differences_of(result)
    found = []
    for claim in CLAIMS:
        if not claim.analysis or not all(evidence.of(claim.analysis) for evidence in runs):
            continue
        sides = [
            Side(plain(name, 60), panels_of(claim, evidence, runs[0].run.figures / "compared", f"{letter}-"))
            for name, evidence, letter in zip(names, runs, "ab", strict=True)
        ]
        told = [line for analysis, _, line in lines if analysis == claim.analysis]
        found.append(Pair(anchor_of(claim), claim.title, claim.question, told, sides))
    return found


def asked_of_one(runs: Sequence[Evidence], names: Sequence[str]) -> list[str]:
    """For each of two runs, the claims that it alone has results for."""
    lines = []
    for (name, evidence), (_, other) in zip(
        zip(names, runs, strict=True), reversed([*zip(names, runs, strict=True)]), strict=True
    ):
        alone = [c.title for c in CLAIMS if c.analysis and evidence.of(c.analysis) and not other.of(c.analysis)]
        if alone:
            lines.append(f"Asked of {plain(name, 40)} alone: {some(alone)}.")
    return lines


def some(titles: Sequence[str]) -> str:
    """The first few titles, and how many more there are."""
    more = len(titles) - MOST_TITLES
    named = ", ".join(f"“{title}”" for title in titles[:MOST_TITLES])
    return f"{named} and {more} more" if more > 0 else named


def panels_of(claim: Claim, evidence: Evidence, folder: Path, mark: str) -> list[Panel]:
    """A run's figures of a claim, saved to `folder`, or its bare sentences, without the tables."""
    drawn = drawn_for(claim, evidence)
    if not drawn:
        results = evidence.of(claim.analysis)
        return [Panel([plain(result.sentence, 600) for result in results], [])] if results else []
    return [panel(claim, one, folder, mark=mark)._replace(table=None) for one in drawn]


def as_section(pair: Pair, side: Side) -> Section:
    """One side as a section, so that it is weighed like one."""
    return Section(pair.anchor, pair.title, pair.question, side.panels, "", [], [])


def with_panels(pair: Pair, parts: Sequence[Section]) -> Pair:
    """A pair whose sides have the panels of these sections."""
    both = zip(pair.sides, parts, strict=True)
    return pair._replace(sides=[side._replace(panels=part.panels) for side, part in both])


def by_twos(sections: Sequence[Section]) -> list[Sequence[Section]]:
    """Sections in pairs."""
    return [sections[index : index + PAIR] for index in range(0, len(sections), PAIR)]


def content(runs: Sequence[Evidence], names: Sequence[str], result: Result) -> dict[str, Any]:
    """What the page shows besides the figures."""
    settings = settings_of(runs)
    return {
        "css": Markup(style_sheet()),
        "title": " and ".join(plain(name, 40) for name in names) if len(names) < 4 else f"{len(names)} runs",
        "sentence": plain(result.sentence, 400),
        "cautions": cautions(runs),
        "differing": differing(result),
        "numbers": numbers_of(result),
        "runs": table([facts_of(name, evidence) for name, evidence in zip(names, runs, strict=True)]),
        "settings": settings_table(names, settings),
        "made_of": [(plain(name, 60), made_of(evidence)) for name, evidence in zip(names, runs, strict=True)],
        "asked_of_one": asked_of_one(runs, names) if len(runs) == PAIR else [],
        "unreadable": [plain(text, 400) for evidence in runs for text in evidence.unreadable],
    }


def numbers_of(result: Result) -> Table | None:
    """Every question in a table."""
    return table(PLOTS[COMPARISON.plot].table(result))


def differing(result: Result) -> list[str]:
    """A line for each number that differs between two runs; those that do not are named together."""
    lines = differences_of(result)
    alike = [
        row["title"] for row in result.details["rows"] if row["difference"] and row["difference"]["differs"] is False
    ]
    found = [line for analysis, differs, line in lines if differs and analysis != "metrics"]
    return found + ([f"Not told apart: {'; '.join(plain(title, 70) for title in alike)}."] if alike else [])


def differences_of(result: Result) -> list[tuple[str, bool, str]]:
    """For each number of two runs its analysis, whether it differs for sure, and the difference in words."""
    names = [plain(name, 40) for name in result.details["runs"]]
    lines = []
    for row in result.details["rows"]:
        told = row["difference"]
        if not told:
            continue
        first, second = (number(answer["estimate"]) for answer in row["answers"])
        ends = f", 95 % interval {span(tuple(told['interval']))}" if told["interval"] else ""
        unit = plain(row["unit"], 40)
        lines.append((str(row["analysis"]), bool(told["differs"]),
                      f"{titles(row)} ({unit}): {first} in {names[0]}, {second} in {names[1]}; "
                      f"difference {number(told['estimate'])}{ends}."))  # fmt: skip
    return lines


def cautions(runs: Sequence[Evidence]) -> list[str]:
    """What a reader must know before comparing these runs."""
    found = []
    worlds = {str(world_of(evidence)) for evidence in runs if world_of(evidence)}
    if len(worlds) > 1:
        found.append(OTHER_WORLDS)
    if len({tuple(sorted(groundings_of(evidence))) for evidence in runs}) > 1:
        found.append(OTHER_HELP)
    found += [
        f"{plain(evidence.run.name, 40)} holds {len(evidence.of_others())} results of another checkpoint than its last."
        for evidence in runs
        if evidence.of_others()
    ]
    if len(runs) == PAIR:
        found.append(
            "Intervals are over episodes of these two runs. Whether the one recipe or world does better than the other "
            "takes several seeds of each: name them all with --compare."
        )
    return found


def facts_of(name: str, evidence: Evidence) -> dict[str, object]:
    """A run's line in the table of runs."""
    verdict = next((plain(r.details.get("verdict", "–"), 40) for r in evidence.of("verdict")), "–")
    tests = tested(evidence.results)
    n_found = sum(outcome(result) == YES for result in tests)
    steps = evidence.training.get("agent_steps")
    return {
        "run": plain(name, 60),
        "verdict": verdict,
        "seed": plain(setting(evidence, "train", "seed")),
        "agent steps": number(int(steps)) if isinstance(steps, int | float) else "–",
        "grounding": plain(evidence.training.get("grounding") or "–", 40),
        "told apart from null": f"{n_found} of {len(tests)} tests",
        "not found": len(not_found(evidence.results)),
    }


def setting(evidence: Evidence, part: str, name: str) -> object:
    """One setting of the training, a dash where it is not known."""
    return table_of(table_of(evidence.training.get("identity")).get(part)).get(name, "–")


def world_of(evidence: Evidence) -> Mapping[str, Any]:
    """The scenario."""
    return table_of(table_of(evidence.training.get("identity")).get("scenario"))


def settings_of(runs: Sequence[Evidence]) -> list[tuple[str, list[str]]]:
    """The settings in which runs differ, each with every run's value."""
    tables = [flat(table_of(evidence.training.get("identity"))) for evidence in runs]
    names = dict.fromkeys(name for one in tables for name in one)
    named = [(name, [plain(one.get(name, "–"), 60) for one in tables]) for name in names]
    return [(told(name), values) for name, values in named if len(set(values)) > 1]


def told(name: str) -> str:
    """What a setting is called."""
    return "training seed" if name == "train.seed" else name


def flat(value: Mapping[str, Any], before: str = "") -> dict[str, object]:
    """Nested tables as one, keys joined by dots."""
    found: dict[str, object] = {}
    for key, item in value.items():
        name = f"{before}{key}"
        found |= flat(item, f"{name}.") if isinstance(item, Mapping) else {name: item}
    return found


def settings_table(names: Sequence[str], settings: Sequence[tuple[str, list[str]]]) -> Table | None:
    """The settings in which runs differ as a table."""
    shown = [plain(name, 40) for name in names]
    rows: list[dict[str, object]] = [
        {"setting": plain(name, 60), **dict(zip(shown, values, strict=True))} for name, values in settings
    ]
    return table(rows, MOST_SETTINGS)


def file_name(names: Sequence[str]) -> str:
    """The others' names as part of a file's name."""
    joined = "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", name.rsplit("/", 1)[-1]).strip("-") or "run" for name in names)
    return joined if len(joined) <= LONGEST_NAME else f"{len(names) + 1}-runs"
