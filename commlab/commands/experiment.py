"""`commlab inject --file`: an experiment from a file, in twin worlds of a run's agents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commlab.agents.checkpoint import Checkpoint
from commlab.commands.runs import checkpoint_of, recording_of, run_of
from commlab.console import in_short, out, print_json, progress, say, table
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import CommlabError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.experiment import experiment as analysis
from commlab.probes.cause.experiment.file import Experiment, read_experiment, to_yaml
from commlab.probes.cause.experiment.planning import Book
from commlab.probes.decode.lexicon import Lexicon, fit
from commlab.talk.phrasebook import Phrasebook

__all__ = ["book_of", "experiment", "find_difference", "save", "wish_of"]


def experiment(
    run: str | None, file: str, n_episodes: int | None, seed: int | None, n_null: int, as_json: bool, command: str
) -> Result:
    """Run the experiment of a file, save its result and its YAML in the run, and print a table and a sentence."""
    wish = wish_of(file, n_episodes, seed)
    folder = run_of(run)
    result = find_difference(folder, wish, n_null, command)
    path, copy = save(folder, wish, result)
    if as_json:
        print_json({**in_short(result), **result.details} | {"path": str(path)})
        return result
    _print(result)
    out.print(result.sentence, markup=False)
    say(f"Saved {path}, and {copy} to be changed and run again: commlab inject {folder.path} --file {copy}")
    return result


def wish_of(file: str, n_episodes: int | None, seed: int | None) -> Experiment:
    """Return the experiment of a file, with other episodes or another seed if they are given."""
    changes = {name: value for name, value in (("episodes", n_episodes), ("seed", seed)) if value is not None}
    return read_experiment(file).model_copy(update=changes)


def find_difference(folder: RunFolder, wish: Experiment, n_null: int, command: str) -> Result:
    """Return what an experiment finds of a run's agents."""
    checkpoint = checkpoint_of(folder)
    book = book_of(folder, checkpoint) if needs_book(wish) else Book()
    with progress("experiment", 1.0) as advance:
        return analysis.run(checkpoint, wish, book, n_null, command, lambda done, total: advance(done / total, ""))


def save(folder: RunFolder, wish: Experiment, result: Result) -> tuple[Path, Path]:
    """Save a result and the experiment's YAML beside it; returns where."""
    path = result.save(folder.results)
    return path, write_atomic(path.with_suffix(".yaml"), to_yaml(wish))


def needs_book(wish: Experiment) -> bool:
    """Whether an experiment says meanings, or asks for places that are named."""
    says = any(change.meaning is not None for arm in wish.arms.values() for change in arm)
    measured = any(one.meaning is not None or one.place == "named" for one in wish.measures.values())
    return says or measured or wish.empty == "named"


def book_of(folder: RunFolder, agents: Checkpoint) -> Book:
    """Return what says meanings to these agents: the saved lexicon, or one that is made from the recording and saved.

    Raises DataError where the run's recording is of other agents.
    """
    lexicon = _saved_lexicon(folder, agents) or _made_lexicon(folder, agents)
    phrases = Phrasebook(lexicon, agents.scenario.channel.length)
    return Book(lexicon, lambda wish, kinship: phrases.symbols_for(wish, kinship).symbols)


def _saved_lexicon(folder: RunFolder, agents: Checkpoint) -> Lexicon | None:
    """Return the lexicon saved in a run, if there is one of these agents that is no older than their recording."""
    recorded = folder.recording.stat().st_mtime if folder.recording.exists() else 0.0
    for path in sorted(folder.results.glob("lexicon*.json")):
        if path.stat().st_mtime >= recorded:
            try:
                saved = Result.load(path)
                if saved.provenance.get("checkpoint") == agents.sha256:
                    return Lexicon.from_result(saved)
            except CommlabError:
                continue
    return None


def _made_lexicon(folder: RunFolder, agents: Checkpoint) -> Lexicon:
    """Make the lexicon of a run's speakers."""
    say("Making the lexicon of this run, to know what its symbols mean.")
    with recording_of(folder, agents) as recording:
        result = fit(recording, results=folder.results)
        result.save(folder.results)
        return Lexicon.from_result(result)


def _print(result: Result) -> None:
    """Print the arms by their measures, and the contrasts."""
    details = result.details
    names = list(details["units"])
    rows = [(arm, *(_mean(of[name]) for name in names)) for arm, of in details["arms"].items()]
    table(details["experiment"].get("title", "An experiment"), ("arm", *names), rows)
    columns = ("measure", "arms", "difference (95 %)", "null", "p", "p adj.", "n")
    table("Contrasts", columns, [_contrast(row) for row in details["contrasts"]])


def _contrast(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return a contrast's cells; null: what 95 % of the draws with signs flipped stay within."""
    arms = f"{row['arm']} – {row['against']}"
    if row["estimate"] is None:
        return (row["measure"], arms, None, None, None, None, row["n"])
    low, high = row["interval"] or (row["estimate"],) * 2
    difference = f"{row['estimate']:z.2f} ({low:z.2f} to {high:z.2f})"
    return (
        row["measure"],
        arms,
        difference,
        f"±{row['null']['high']:.2f}",
        row["p_value"],
        row["p_adjusted"],
        row["n"],
    )


def _mean(summary: dict[str, Any]) -> str:
    """Return a mean with its interval."""
    if summary["mean"] is None:
        return "-"
    low, high = summary["interval"] or (summary["mean"],) * 2
    return f"{summary['mean']:z.2f} ({low:z.2f} to {high:z.2f})"
