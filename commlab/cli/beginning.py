"""`commlab` alone: where one is, and the next sensible step with its exact command."""

from pathlib import Path

from commlab.foundation.run import RunFolder, all_runs
from commlab.foundation.stage import Stage, Step, is_run, lines, stage_of

__all__ = ["where"]

WELCOME = "commlab trains agents that invent a language, and tells you what they say."
FIRST = (
    Step("commlab demo", "the whole path in a few minutes: train, record, decode, inject, report"),
    Step("commlab lexicon", "what each symbol means, of the agents that ship with commlab (needs no training)"),
    Step("commlab probe --target=resource_location", "what can be read from their messages, against chance"),
    Step("commlab inject --message 7", "say something to them and see what they do"),
    Step("commlab talk", "speak with them, live, in a browser"),
    Step("commlab train lookout", "train agents of your own"),
)
HELP = Step("commlab --help", "all commands")
MOST = 8  # runs shown


def where() -> str:
    """The text."""
    here = RunFolder(Path())
    known = [here] if is_run(here.path) and here.train.exists() else [run for run in all_runs() if is_run(run.path)]
    if not known:
        return "\n".join([WELCOME, "", "There are no runs here yet. Where to begin:", *lines((*FIRST, HELP)), ""])
    staged = sorted(((run, stage_of(run)) for run in known), key=lambda pair: _turn(*pair), reverse=True)
    run, stage = staged[0]
    told = [WELCOME, "", f"{_named(run)}: {stage.sentence}.", "", "Next:"]
    first, *rest = lines((*stage.steps, HELP))
    told += [first, "Then:", *rest]
    others = [f"  {_named(other):<24} {state.sentence}" for other, state in staged[1:]]
    if others:
        more = [f"  … and {len(others) - MOST} more"] if len(others) > MOST else []
        told += ["Other runs:", *others[:MOST], *more]
    return "\n".join([*told, ""])


def _turn(run: RunFolder, stage: Stage) -> tuple[bool, bool, str, float]:
    """What puts a run first: being trained, not the sample, completed last, written last."""
    written = run.path.stat().st_mtime
    return stage.at_work, run.name != "sample", run.finished() or "", written


def _named(run: RunFolder) -> str:
    """A run's path, or what the folder worked in is called."""
    return str(run.path) if run.path.name else f"This run ({run.path.resolve().name})"
