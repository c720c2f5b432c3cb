"""Commands that tell whether agents communicate, and that speak with them: verdict, talk."""

from pathlib import Path
from typing import Annotated

import typer

from commlab.cli.options import Json, Run, Seed, command_line

__all__ = ["talk", "verdict"]


def talk(
    run: Run = None,
    headless: Annotated[Path | None, typer.Option(metavar="FILE", help="Hold the conversation of a script.")] = None,
    replay: Annotated[str | None, typer.Option(metavar="NAME", help="Play a saved talk again, without a page.")] = None,
    score: Annotated[bool, typer.Option("--score", help="Measure how often they go where one sends them.")] = False,
    episodes: Annotated[int, typer.Option(min=8, help="With --score: episodes an arm.")] = 1024,
    port: Annotated[int, typer.Option(help="Of the page; 0 takes any.")] = 8765,
    host: Annotated[str, typer.Option(help="Where to listen; others than this machine need a --token.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="Whom to let in; `auto` makes one.")] = None,
    browser: Annotated[
        bool | None, typer.Option("--browser/--no-browser", help="Open the page; by default on a terminal.")
    ] = None,
    episode: Annotated[int, typer.Option(min=0, help="With which the page begins.")] = 0,
    checkpoint: Annotated[Path | None, typer.Option(help="Other agents than the run's last.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Speak with the agents in a live world, beside a twin of it that does not hear you.

    \b
      commlab talk                                     a page on 127.0.0.1: look, speak, see what your words do
      commlab talk --headless script.yaml              the same from a file (exit code 1: not as expected)
      commlab talk --replay "first words"              a saved talk again, and whether it is the same to the last bit
      commlab talk --score                             how often they go where they are sent, in fresh episodes
      commlab talk --host 0.0.0.0 --token auto         for other machines, with the token in the address
    """
    from commlab.foundation.errors import InterventionError

    if sum((score, headless is not None, replay is not None)) > 1:
        raise InterventionError("--score, --headless and --replay are three ways to talk; choose one.")
    if score and checkpoint is not None:
        raise InterventionError("--checkpoint has no place beside --score, which measures the run's last agents.")
    if (headless is not None or replay is not None) and (seed != 0 or episode != 0):
        raise InterventionError("--seed and --episode have no place beside --headless and --replay, which hold theirs.")
    if score:
        from commlab.commands.score import score as run_score

        run_score(run, as_json, episodes, seed, command_line())
        return
    from commlab.commands import talk as commands

    if headless is None and replay is None:
        door = commands.Door(host, port, token, browser)
        commands.serve(run, door, seed, episode, checkpoint, command_line())
        return
    if headless is not None:
        outcome = commands.from_script(run, headless, checkpoint, as_json, command_line())
    else:
        outcome = commands.replay(run, str(replay), checkpoint, as_json, command_line())
    if not outcome.met:
        raise typer.Exit(1)


def verdict(
    run: Run = None,
    episodes: Annotated[
        int | None,
        typer.Option(
            min=8, help="Fresh episodes for each part of the evidence; by default 512, fewer in large worlds."
        ),
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint; by default the run's last one.")] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Judge the agents as they were before they learnt anything.")
    ] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Say whether this is communication, or which part of it is missing.

    \b
      commlab verdict                                  the last completed run
      commlab verdict --untrained                      the same network, before training
      commlab verdict runs/demo/controls/muted-training
      commlab verdict --json                           {"verdict": "communication", "evidence": [...], "sentence": ...}
    """
    from commlab.commands.verdict import verdict as run_verdict

    run_verdict(run, checkpoint, untrained, episodes, seed, as_json, command_line())
