"""`commlab inject`: put messages into the channel, beside twin worlds that hear something else."""

from __future__ import annotations

from typing import Any, NamedTuple

from commlab.agents.checkpoint import Checkpoint
from commlab.commands.runs import checkpoint_of, recording_of, run_of
from commlab.console import in_short, out, print_json, say, table
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.probes.cause.injecting import destinations, dose, injection
from commlab.probes.cause.injecting.doses import Sweep, check
from commlab.probes.decode.sources import find_agents

__all__ = ["Injecting", "codebook_of", "find_doses", "find_effect", "inject", "sweep"]

EPISODES, EPISODES_OF_SWEEP = 512, 256
VARIED = ("symbol", "listener", "kinship", "moment", "duration", "slots")


class Injecting(NamedTuple):
    """What a person asks for: one injection, or with `by` a sweep."""

    message: int | None = None
    speaker: str = "phantom"
    listener: int | None = None
    at: int | None = None
    duration: int = 12
    versus: str = "silence"
    kinship: float = 1.0
    slots: int = 1
    by: str | None = None
    episodes: int | None = None
    seed: int | None = None

    def injection(self) -> injection.Injection:
        """Return the injection of one message. Raises InterventionError for a speaker that can be nobody."""
        if self.speaker != "phantom" and not self.speaker.isdecimal():
            raise InterventionError(f"--speaker is phantom or an agent's number, not {self.speaker!r}.")
        who = None if self.speaker == "phantom" else int(self.speaker)
        told = 1 if self.message is None else self.message
        many, seed = self.episodes or EPISODES, self.seed or 0
        return injection.Injection(
            told, self.versus, who, self.listener, self.at, self.duration, self.kinship, many, seed
        )

    def sweep(self) -> Sweep:
        """Return the sweep over what `by` names. Raises InterventionError where a speaker or an arm is named, too."""
        for name, given in (("--speaker", self.speaker != "phantom"), ("--versus", self.versus != "silence")):
            if given:
                raise InterventionError(f"{name} has no place beside --by: a phantom speaks, and every arm is played.")
        return Sweep(
            tuple(name.strip() for name in (self.by or "symbol").split(",")),
            self.message,
            self.listener,
            self.kinship,
            self.at,
            self.duration,
            self.slots,
            n_episodes=self.episodes or EPISODES_OF_SWEEP,
            seed=self.seed or 0,
        )


def find_effect(
    folder: RunFolder, wish: injection.Injection, n_null: int, command: str
) -> tuple[Result, Result | None]:
    """Return what one symbol does, and where all of them send listeners."""
    checkpoint = checkpoint_of(folder)
    injection.check(wish, checkpoint.scenario, Codebook({}, checkpoint.scenario.channel.vocabulary))
    codebook, listeners = codebook_of(folder, checkpoint)
    result = injection.fit(checkpoint, wish, codebook, listeners, n_null, command)
    return result, _destinations(checkpoint, wish, codebook, listeners, n_null, command)


def find_doses(folder: RunFolder, wish: Sweep, n_null: int, command: str) -> Result:
    """Return what words do while something is varied."""
    checkpoint = checkpoint_of(folder)
    check(wish, checkpoint.scenario)
    codebook, listeners = codebook_of(folder, checkpoint)
    return dose.fit(checkpoint, wish, codebook, listeners, n_null, command)


def inject(run: str | None, wish: injection.Injection, n_null: int, as_json: bool, command: str) -> Result:
    """Inject one symbol, save the result in the run, and print a table and a sentence."""
    folder = run_of(run)
    result, where = find_effect(folder, wish, n_null, command)
    saved = [found.save(folder.results) for found in (result, where) if found is not None]
    if as_json:
        print_json({**result.details, **in_short(result)})
        return result
    _print(result, wish.duration)
    for found in (result, where):
        if found is not None:
            out.print(found.sentence, markup=False)
    say(f"Saved {', '.join(str(path) for path in saved)}.")
    return result


def sweep(run: str | None, wish: Sweep, n_null: int, as_json: bool, command: str) -> Result:
    """Inject words while something is varied, save the result in the run, and print a table and a sentence."""
    folder = run_of(run)
    result = find_doses(folder, wish, n_null, command)
    path = result.save(folder.results)
    if as_json:
        print_json({**result.details, **in_short(result)} | {"path": str(path)})
        return result
    varied = [name for name in VARIED if len({cell[name] for cell in result.details["cells"]}) > 1]
    columns = (*varied, "told", "another", "silence", "effect (95 %)", "p adj.", "bits", "n")
    rows = [_cell(cell, varied) for cell in result.details["cells"]]
    table(f"The place named is tried first, by {' and '.join(wish.by)}", columns, rows)
    out.print(result.sentence, markup=False)
    say(f"Saved {path}.")
    return result


def _cell(cell: dict[str, Any], varied: list[str]) -> tuple[Any, ...]:
    """Return a row of the table of a sweep."""
    named = tuple(cell[name] for name in varied)
    bits = f"{cell['kl_bits']['mean']:.2f}" if cell["kl_bits"] else None
    if cell["effect"] is None:
        return (*named, None, None, None, None, None, bits, cell["n_trials"])
    shares = tuple(f"{100 * cell['rates'][arm]['rate']:.0f} %" for arm in ("told", "another", "silence"))
    low, high = cell["effect"]["interval"] or (cell["effect"]["mean"],) * 2
    effect = f"{cell['effect']['mean']:z.2f} ({low:z.2f} to {high:z.2f})"
    return (*named, *shares, effect, cell["p_adjusted"], bits, cell["n"])


def codebook_of(run: RunFolder, agents: Checkpoint) -> tuple[Codebook, tuple[int, ...]]:
    """Return what these agents' symbols stand for, learnt from their run's recording, and who listens there."""
    with recording_of(run, agents) as recording:
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
