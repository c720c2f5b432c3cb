"""`commlab inject`: put messages into the channel, beside twin worlds that hear something else."""

from __future__ import annotations

from commlab.agents.checkpoint import Checkpoint
from commlab.commands.runs import checkpoint_of, recordings_of, run_of
from commlab.console import out, print_json, say, table
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause import destinations, injection
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.probes.decode.sources import find_agents

__all__ = ["codebook_of", "inject"]


def inject(run: str | None, wish: injection.Injection, n_null: int, as_json: bool, command: str) -> Result:
    """Inject one symbol, save the result in the run, and print a table and a sentence."""
    folder = run_of(run)
    checkpoint = checkpoint_of(folder)
    injection.check(wish, checkpoint.scenario, Codebook({}, checkpoint.scenario.channel.vocabulary))
    codebook, listeners = codebook_of(str(folder.path))
    result = injection.fit(checkpoint, wish, codebook, listeners, n_null, command)
    saved = [result.save(folder.results)]
    where = _destinations(checkpoint, wish, codebook, listeners, n_null, command)
    if where is not None:
        saved.append(where.save(folder.results))
    if as_json:
        print_json(
            {
                **result.details,
                "estimate": result.estimate,
                "interval": result.interval,
                "p_value": result.p_value,
                "unit": result.unit,
                "n_episodes": result.n_episodes,
                "sentence": result.sentence,
            }
        )
        return result
    _print(result, wish.duration)
    for found in (result, where):
        if found is not None:
            out.print(found.sentence, markup=False)
    say(f"Saved {', '.join(str(path) for path in saved)}.")
    return result


def codebook_of(run: str | None) -> tuple[Codebook, tuple[int, ...]]:
    """Return what a run's symbols stand for, learnt from its recording, and who listens there."""
    with recordings_of(run) as (recording, _):
        speakers = find_agents(recording, "speakers", "speakers").indices
        listeners = find_agents(recording, "listeners", "listeners").indices
        return fit_codebook(recording, tuple(speakers)), tuple(listeners)


def _destinations(
    checkpoint: Checkpoint,
    wish: injection.Injection,
    codebook: Codebook,
    listeners: tuple[int, ...],
    n_null: int,
    command: str,
) -> Result | None:
    """Return where all symbols send listeners, None (and a word about it) where none stands for a place."""
    try:
        return destinations.fit(
            checkpoint, codebook, listeners, wish.n_episodes, wish.seed, wish.kinship, n_null, command
        )
    except DataError as error:
        say(str(error))
        return None


def _print(result: Result, duration: int) -> None:
    """Print how far each arm's listeners are from the place, before and after."""
    arms = result.details["arms"]
    last = min(duration, len(result.details["steps"]) - 1)
    rows = [(arm, band["mean"][0], band["mean"][last]) for arm, band in arms.items()]
    title = f"symbol {result.details['symbol']}: {result.details['measure']}"
    table(title, ("arm", "when told", f"{last} steps later"), rows)
