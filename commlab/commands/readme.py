"""README.txt of a run folder: what each file in it is, what made it, what to do next, how to read it from Python."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import CommlabError
from commlab.foundation.run import RunFolder, watching
from commlab.foundation.stage import as_table, called, facts_of, is_run, lines, stage_of

__all__ = ["NAME", "explained", "write_readme"]

NAME = "README.txt"
FILES = {
    "scenario.yaml": "the world, every field filled in; `commlab train` takes it as its scenario",
    "train.yaml": "the recipe of the training, every field filled in; `commlab train` takes it as --config",
    "train.json": "whether training is complete, agent steps, seconds, and what made it",
    "train.csv": "the training curve, a row an iteration",
    "tensorboard": "the same curve: tensorboard --logdir {path}",
    "checkpoints": "the agents at every tenth of training, untrained ones first; resume.pt: where training goes on",
    "recording.h5": "what the trained agents saw, said, heard, did and had in mind, step by step (HDF5)",
    "recording.h5.parts": "a recording that is not finished; the same command takes it up again",
    "controls": "agents and recordings to compare with: muted, untrained, trained without hearing",
    "results": "one finding a file (JSON): estimate, interval, null, p, n, a sentence, tables, and what made it",
    "figures": "a figure a file, as SVG and PNG, with a CSV of its numbers",
    "report.html": "everything found, on one page that opens from the disk",
    "report.pdf": "the same on paper",
    "replay.html": "episodes to look at, on one page that opens from the disk",
    "replays": "the moments that results point to, recorded again: the live world and its untouched twin",
    "talks": "saved conversations with the agents; commlab talk {run} --replay NAME plays one again",
    "exports": "the recording for other tools, as commlab export wrote it",
    "training.pid": "which process trains it right now",
    "phases.json": "how long each phase of the demo took",
}
MADE = {
    "report.html": "commlab report {run}",
    "report.pdf": "commlab report {run} --pdf",
    "replay.html": "commlab replay {run}",
    "replays": "commlab replay {run}",
}
OTHERS = {"*.h5": "another recording", "*.html": "another page, of a comparison or of another recording"}
WIDTH, MOST = 24, 4  # letters of a file's name; results of one command that are named


@contextmanager
def explained() -> Iterator[None]:
    """Bring README.txt up to date in every run that is made or added to while the block runs."""
    before: dict[Path, Any] = {}

    def look(run: RunFolder) -> None:
        before.setdefault(run.path, stamp(run))

    with watching(look):
        try:
            yield
        finally:
            for path, was in before.items():
                run = RunFolder(path)
                if stamp(run) != was:
                    with suppress(CommlabError, OSError):  # a README is no reason to fail
                        write_readme(run)


def write_readme(run: RunFolder) -> Path | None:
    """Write a run's README.txt, whole or not at all, unless it says the same already; None where there is no run."""
    if not is_run(run.path):
        return None
    path, text = run.path / NAME, readme(run)
    with suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text:
            return path
    return write_atomic(path, text)


def stamp(run: RunFolder) -> dict[str, tuple[int, int]]:
    """When each file in a run, and in its folders, was written, and its size; README.txt itself does not count."""
    paths = [*run.path.glob("*"), *run.path.glob("*/*")] if run.path.is_dir() else []
    found = {}
    for path in paths:
        with suppress(OSError):  # gone since
            about = path.stat()
            found[str(path)] = (about.st_mtime_ns, about.st_size)
    found.pop(str(run.path / NAME), None)
    return found


def readme(run: RunFolder) -> str:
    """The text."""
    stage, name = stage_of(run), called(run)
    so_far = "being trained; commlab alone says how far" if stage.at_work else stage.sentence
    text = [f"{run.name}: a run of commlab", "", beginning(run), f"So far: {so_far}.", ""]
    text += ["What is here, and what made it", *files(run, name), ""]
    text += ["What to do next (from the folder that this path starts in)" if "/" in name else "What to do next"]
    text += lines(stage.steps)
    text += ["", "How to read it from Python", *python(run), ""]
    return "\n".join(text)


def beginning(run: RunFolder) -> str:
    """A sentence about where the agents are from."""
    facts = facts_of(run)
    if not facts:
        return "It holds a recording that was not made from agents trained in it."
    identity = as_table(facts.get("identity"))
    scenario, recipe = as_table(identity.get("scenario")), as_table(identity.get("train"))
    when = f", finished {str(facts['finished'])[:10]}" if facts.get("finished") else ""
    deaf = "; the channel was muted" if recipe.get("mute") else ""
    title = f" ({scenario['title']})" if scenario.get("title") else ""
    return f"Agents of the scenario {scenario.get('name', '?')}{title}, seed {recipe.get('seed', '?')}{when}{deaf}."


def files(run: RunFolder, name: str) -> list[str]:
    """A paragraph for each file and folder that is there."""
    known = dict(FILES)
    for pattern, what in OTHERS.items():
        known |= {path.name: what for path in sorted(run.path.glob(pattern)) if path.name not in FILES}
    lines: list[str] = []
    for file, words in known.items():
        if (run.path / file).exists():
            lines.append(f"  {file:<{WIDTH}} {words.format(run=name, path=shlex.quote(str(run.path)))}")
            made = maker(run, file, name)
            lines += [f"  {'':<{WIDTH}} made by: {made}"] if made else []
            lines += results(run) if file == "results" else []
    return lines


def maker(run: RunFolder, file: str, name: str) -> str | None:
    """The command that made a file."""
    if file in ("train.json", "recording.h5") or file.endswith(".h5"):
        facts = facts_of(run) if file == "train.json" else recorded(run.path / file)
        command = (as_table(facts.get("provenance")) or facts).get("command")
        return str(command) if command else None
    return MADE[file].format(run=name) if file in MADE else None


def recorded(path: Path) -> dict[str, Any]:
    """The attributes of a recording; none where it cannot be read."""
    from commlab.datasets.reader import open_recording

    try:
        with open_recording(path) as recording:
            return dict(recording.attrs)
    except CommlabError:
        return {}


def results(run: RunFolder) -> list[str]:
    """A line for each command, with the results that it saved."""
    by_command: dict[str, list[str]] = {}
    for path in sorted(run.results.glob("*.json")):
        by_command.setdefault(made_by(path), []).append(path.name)
    lines = []
    for command, names in sorted(by_command.items(), key=lambda pair: pair[1]):
        shown = names if len(names) <= MOST else [*names[: MOST - 1], f"and {len(names) - MOST + 1} more"]
        lines += [f"    {name}" for name in shown]
        lines += [f"  {'':<{WIDTH}} made by: {command}"] if command else []
    return lines


def made_by(path: Path) -> str:
    """The command in a result's provenance; "" where there is none."""
    try:
        return str((json.loads(path.read_text(encoding="utf-8")).get("provenance") or {}).get("command") or "")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""


def python(run: RunFolder) -> list[str]:
    """Lines of Python that read what is there."""
    lines = ["  import commlab", f"  run = commlab.open({str(run.path)!r})"]
    if run.recording.exists():
        lines += ["  run.recording.said[:100]        # a lazy column, sliced; run.recording.columns() names them all"]
        lines += ["  run.lexicon()                   # as commlab lexicon; probe, inject, verdict and the others alike"]
    if run.results.is_dir():
        lines += ["  run.results                     # every saved result, by name"]
    return lines
