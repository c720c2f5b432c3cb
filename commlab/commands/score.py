"""`commlab talk --score`: how often listeners go where a person sends them with the speakers' own words."""

from __future__ import annotations

from commlab.agents.checkpoint import Checkpoint
from commlab.commands.runs import checkpoint_of, recording_of, run_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.codebook import Word, fit_words
from commlab.probes.cause.understanding import score as understanding
from commlab.probes.decode.sources import find_agents

__all__ = ["score", "understand", "words_of"]


def score(
    run: str | None, as_json: bool, n_episodes: int = 1024, seed: int = 0, command: str = "commlab talk --score"
) -> Result:
    """Measure understanding, save results/understanding.json in the run, and print a table and a sentence."""
    folder = run_of(run)
    result = understand(folder, n_episodes, seed, command)
    saved = result.save(folder.results)
    if as_json:
        print_json(as_object(result))
        return result
    _print(result)
    out.print(result.sentence, markup=False)
    say(f"Saved {saved}.")
    return result


def understand(folder: RunFolder, n_episodes: int, seed: int, command: str) -> Result:
    """Return how often a run's listeners go where their speakers' words send them."""
    checkpoint = checkpoint_of(folder)
    places = understanding.find_places(checkpoint.scenario)
    words, listeners = words_of(folder, checkpoint, places)
    return understanding.fit(checkpoint, words, listeners, n_episodes, seed, command=command)


def words_of(run: RunFolder, agents: Checkpoint, places: understanding.Places) -> tuple[list[Word], tuple[int, ...]]:
    """Return the word that these agents have for each place, learnt from their run's recording, and who listens."""
    with recording_of(run, agents) as recording:
        speakers = find_agents(recording, "speakers", "speakers").indices
        listeners = find_agents(recording, "listeners", "listeners").indices
        cells = [(row, column) for row, column in places.cells.tolist()]
        return fit_words(recording, tuple(speakers), cells), tuple(listeners)


def as_object(result: Result) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        **result.details,
        "interval": result.interval,
        "null": result.null.mean if result.null else None,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        "sentence": result.sentence,
    }


def _print(result: Result) -> None:
    """Print a row for each place."""
    rows = [
        (
            name,
            "-" if found["symbol"] is None else found["symbol"],
            found["certainty"],
            found["score"],
            found["untouched"],
            found["random"],
            found["n"],
            ", ".join(found["shared_with"]),
        )
        for name, found in result.details["places"].items()
    ]
    columns = ("place", "word", "sure", "score", "untouched", "random", "trials", "word of")
    table("Told where to go, and gone there first", columns, rows)
