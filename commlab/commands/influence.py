"""`commlab influence`: whether anybody listens, asked of listeners' policies message by message."""

from __future__ import annotations

from pathlib import Path

from commlab.commands.runs import NOT_SAVED, checkpoint_of, run_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.evidence import influence as cause
from commlab.probes.cause.evidence import listening
from commlab.probes.cause.evidence.answers import ask
from commlab.probes.cause.roles import usual_episodes

__all__ = ["influence", "listen"]

EPISODES = 256
WORDS = {
    "marginal": "speakers' own mixture of messages",
    "uniform": "all used messages alike",
    "spoken": "speakers' mixture, silence left out",
    "given_state": "what the speaker was likely to say (decides nothing)",
    "social": "social influence",
    "every_step": "own mixture, at every step",
}
MOST = 12  # messages shown


def influence(
    run: str | None, checkpoint: Path | None, n_episodes: int | None, seed: int, as_json: bool, command: str
) -> Result:
    """Measure influence and positive listening, save them in the run, and print tables and sentences.

    What another checkpoint than the run's last one does is shown, not saved.
    """
    folder = run_of(run)
    result, positive = listen(folder, checkpoint, n_episodes, seed, command)
    own = checkpoint is None
    saved = [found.save(folder.results) for found in (result, positive) if own and found is not None]
    if as_json:
        print_json(
            {
                **result.details,
                "estimate": result.estimate,
                "interval": result.interval,
                "unit": result.unit,
                "n_episodes": result.n_episodes,
                "positive_listening": None if positive is None else positive.estimate,
                "sentence": result.sentence,
            }
        )
        return result
    if result.estimate is not None:
        _print(result)
    for found in (result, positive):
        if found is not None:
            out.print(found.sentence, markup=False)
    say(f"Saved {', '.join(str(path) for path in saved)}." if own else NOT_SAVED)
    return result


def listen(
    folder: RunFolder, checkpoint: Path | None, n_episodes: int | None, seed: int, command: str
) -> tuple[Result, Result | None]:
    """Return the influence on a run's agents, and their positive listening where there are answers to tell it from."""
    agents = checkpoint_of(folder, checkpoint)
    n_episodes = n_episodes or usual_episodes(agents.scenario, EPISODES)
    result = cause.fit(agents, n_episodes, seed, command=command)
    answers = ask(agents, n_episodes, seed)
    return result, None if answers is None else listening.fit(answers, seed)


def _print(result: Result) -> None:
    """Print the measures, and what each message does."""
    details = result.details
    beside = details["untrained"] or {}
    rows = []
    for name, words in WORDS.items():
        if name in details["measures"]:
            one = details["measures"][name]
            rows.append((words, one["mean"], one["interval"], beside.get(name, {}).get("mean")))
    table("influence on the next action, in bits", ("messages weighed by", "bits", "95 % interval", "untrained"), rows)
    messages = sorted(details["messages"], key=lambda row: -row["bits"] * row["share"])[:MOST]
    shown = [(" ".join(map(str, row["message"])), f"{100 * row['share']:.1f} %", row["bits"]) for row in messages]
    table("what each message does to the next action", ("message", "share", "bits"), shown)
