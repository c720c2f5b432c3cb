"""How far a run has come, told from its files, and the next sensible steps with their exact commands."""

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from commlab.foundation.presence import is_trained_now
from commlab.foundation.run import RUNS, RunFolder

__all__ = ["Stage", "Step", "as_table", "called", "facts_of", "is_run", "lines", "stage_of"]

WIDE = 64  # letters of a command


class Step(NamedTuple):
    """Something to do next."""

    command: str
    why: str  # a clause


class Stage(NamedTuple):
    """How far a run has come."""

    sentence: str
    steps: tuple[Step, ...]  # what is left to do, the next one first
    holds: dict[str, int]  # what is in the folder: "results": 12
    at_work: bool = False  # it is being trained

    @property
    def command(self) -> str:
        """The next step's command."""
        return self.steps[0].command


class Task(NamedTuple):
    """Something that belongs to a run's way, and whether it is done."""

    done: bool
    lacking: str  # what to say while it is not done
    step: Step


def stage_of(run: RunFolder) -> Stage:
    """How far a run has come. Reads train.json and the names of files."""
    facts, name, holds = facts_of(run), called(run), contents(run)
    if facts and not facts.get("complete") and not run.recording.exists():
        return _training(run, facts, name, holds)
    if not holds:
        return Stage("nothing has been made in it yet", (Step(f"commlab train lookout --run {name}", "train"),), holds)
    open_tasks = [task for task in _tasks(run, name) if not task.done]
    if not open_tasks:
        return Stage("every step has been taken", _onward(name, bool(facts)), holds)
    last = _onward(name, bool(facts))[:1] if run.recording.exists() else ()
    return Stage(open_tasks[0].lacking, (*dict.fromkeys(task.step for task in open_tasks), *last), holds)


def lines(steps: Sequence[Step]) -> list[str]:
    """A line a step, aligned; a command that is very long sticks out."""
    width = max((len(step.command) for step in steps if len(step.command) <= WIDE), default=0)
    return [f"  {step.command:<{width}}   {step.why}" for step in steps]


def is_run(path: Path) -> bool:
    """Whether a folder is a run's: agents were trained in it, or a recording imported."""
    return any((path / name).exists() for name in ("train.json", "checkpoints", "recording.h5", "recording.h5.parts"))


def called(run: RunFolder) -> str:
    """What commands call a run: its name under ./runs, else its path, quoted for a shell."""
    return shlex.quote(run.name if run.path.parent == RUNS else str(run.path))


def facts_of(run: RunFolder) -> dict[str, Any]:
    """The facts in train.json; none where there are none that can be read."""
    try:
        return as_table(json.loads(run.train.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def as_table(value: object) -> dict[str, Any]:
    """A value that should be a table of JSON; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def contents(run: RunFolder) -> dict[str, int]:
    """What is in a run's folder, counted."""
    counted = {
        "checkpoints": len(list(run.checkpoints.glob("steps-*.pt"))),
        "recordings": len(list(run.path.glob("*.h5"))),
        "results": len([path for path in run.results.glob("*.json") if path.stem != "demo"]),
        "figures": len(list(run.figures.glob("*.svg"))),
        "talks": len(list((run.path / "talks").glob("*.json"))),
    }
    return {what: count for what, count in counted.items() if count}


def _training(run: RunFolder, facts: dict[str, Any], name: str, holds: dict[str, int]) -> Stage:
    """The stage of a run whose training is not complete."""
    done, total = _agent_steps(run), _wanted(facts)
    share = f"{done:,} of {total:,} agent steps ({100 * done / total:.0f} %)" if total else f"{done:,} agent steps"
    command = str(as_table(facts.get("provenance")).get("command") or f"commlab train {name}")
    if is_trained_now(run):
        wait = Step(f"commlab record {name}", "when the training is done: what they say and do, in fresh episodes")
        if command.startswith("commlab demo"):  # records, decodes and injects by itself
            wait = Step(f"commlab report {name}", "when the demo, which goes on by itself, is done: all on one page")
        return Stage(f"being trained: {share}", (wait,), holds, at_work=True)
    return Stage(f"its training was stopped at {share}", (Step(command, "goes on from there"),), holds)


def _tasks(run: RunFolder, name: str) -> Iterator[Task]:
    """The way of a run, step by step."""
    saved = {path.stem for path in run.results.glob("*.json")}
    trained = any(run.checkpoints.glob("steps-*.pt"))
    begun = run.path / "recording.h5.parts"

    def has(*starts: str) -> bool:
        return any(stem.startswith(starts) for stem in saved)

    record = Step(f"commlab record {name}", "what they say and do, in fresh episodes")
    yield Task(not begun.exists() or run.recording.exists(), "its recording was interrupted", record)
    yield Task(run.recording.exists(), "trained, but not recorded yet", record)
    probe = f"commlab probe {name} " + ("--target=resource_location" if trained else "--targets")
    why = "what can be read from their messages, against chance" if trained else "what its messages may be about"
    yield Task(has("probe-", "information-"), "recorded, but not probed yet", Step(probe, why))
    lexicon = Step(f"commlab lexicon {name}", "what each symbol means")
    yield Task(has("lexicon"), "probed, but its symbols have not been looked up yet", lexicon)
    if trained:
        inject = Step(f"commlab inject {name} --by symbol", "what each symbol does to those who hear it")
        injected = has("injection-", "dose-", "experiment-")
        yield Task(injected, "read, but nobody has said anything to its agents yet", inject)
        verdict = Step(f"commlab verdict {name}", "is this communication, or what is missing of it?")
        yield Task(has("verdict"), "read and spoken to, but not judged yet", verdict)
    report = Step(f"commlab report {name}", "everything found so far on one page")
    yield Task(_is_newest(run.report, run.results), "its results are not in a report yet", report)


def _onward(name: str, trained: bool) -> tuple[Step, ...]:
    """What is left to do when every step has been taken."""
    if not trained:
        return (Step(f"commlab metrics {name}", "the numbers of the language"),)
    return (
        Step(f"commlab talk {name}", "speak with them, live, in a browser"),
        Step(f"commlab replay {name}", "look through episodes"),
        Step(f"commlab metrics {name}", "the numbers of the language"),
        Step(f"commlab formation {name}", "how the language came about"),
    )


def _is_newest(path: Path, folder: Path) -> bool:
    """Whether a file is there, and no JSON file in a folder is newer."""
    if not path.exists():
        return False
    others = [other.stat().st_mtime for other in folder.glob("*.json") if other.exists()]
    return max(others, default=0.0) <= path.stat().st_mtime


def _wanted(facts: dict[str, Any]) -> int:
    """The agent steps that a training was asked for; 0 where that is not known."""
    steps = as_table(as_table(facts.get("identity")).get("train")).get("agent_steps")
    return steps if isinstance(steps, int) else 0


def _agent_steps(run: RunFolder) -> int:
    """The agent steps trained so far, by the last row of train.csv."""
    try:
        lines = run.log_csv.read_text(encoding="utf-8").splitlines()
        return int(lines[-1].split(",")[lines[0].split(",").index("agent_steps")]) if len(lines) > 1 else 0
    except (OSError, ValueError, IndexError):
        return 0
