"""Commands that make agents and let them live: demo, scenarios, train, record."""

import os
from pathlib import Path
from typing import Annotated

import typer

from commlab.cli import completing
from commlab.cli.options import Json, Run, Seed, Settings, command_line

__all__ = ["demo", "record", "scenarios", "train"]


def demo(
    seed: Seed = 0,
    run: Annotated[
        str | None, typer.Option("--run", "--name", help="Run's name; by default demo, or demo-seed3.")
    ] = None,
    grounding: Annotated[str, typer.Option(help="predictive, positive or none.")] = "predictive",
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes to train with; by default one a core.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Go the whole path: train with and without hearing, record, probe, inject, report. Goes on where it stopped.

    \b
      commlab demo                                 in a few minutes, into runs/demo
      commlab demo --seed 3                        the same from another beginning, into runs/demo-seed3
      commlab demo --grounding none                without the help that grounding gives
    """
    from commlab.demo import run_demo

    run_demo(seed, run, grounding, processes, as_json)


def scenarios(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A scenario's name or YAML file; left out: list them.", autocompletion=completing.scenarios
        ),
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the world after the steps into this .png.")] = None,
    film: Annotated[Path | None, typer.Option(help="Film the steps into this .gif or .mp4.")] = None,
    steps: Annotated[int | None, typer.Option(min=0, help="Steps to play; by default those of --do.")] = None,
    do: Annotated[
        str | None,
        typer.Option(help="Actions, by agent: 'east attack:3; stay shield'. :3 says symbol 3. Then all is at random."),
    ] = None,
    cell: Annotated[int | None, typer.Option(help="Pixels of a cell; by default as the map has room for.")] = None,
    hearing: Annotated[list[int] | None, typer.Option("--range", min=0, help="Show how far this agent hears.")] = None,
    see: Annotated[list[int] | None, typer.Option("--see", min=0, help="Show what this agent sees.")] = None,
    numbers: Annotated[bool, typer.Option("--numbers", help="Show the agents' numbers.")] = False,
    fps: Annotated[float, typer.Option(help="Steps of a film that are shown in a second.")] = 8.0,
    seed: Seed = 0,
    episode: Annotated[int, typer.Option(min=0, max=2**62, help="Episode to play.")] = 0,
    settings: Annotated[list[str] | None, typer.Option("--set", help="field=value of the scenario.")] = None,
    as_json: Json = False,
) -> None:
    """List the scenarios, or show, draw and film one. Agents act at random unless told what to do.

    \b
      commlab scenarios                                          the library
      commlab scenarios lookout                                  one of them: map, agents, prices, kinship, channel
      commlab scenarios lookout --set channel.vocabulary=8       the same with a field changed
      commlab scenarios lookout --picture world.png --numbers    a picture of the beginning
      commlab scenarios lookout --film world.gif --steps 64      a film of random play
      commlab scenarios rivals --picture told.png --do "stay west; stay:3 north" --numbers --see 3
    """
    from commlab.commands.play import Play
    from commlab.commands.scenarios import list_scenarios, show_scenario
    from commlab.env.render.picture import Options
    from commlab.foundation.errors import ScenarioError

    options = Options(cell, True, numbers=numbers, ranges=tuple(hearing or ()), windows=tuple(see or ()))
    play = Play(seed, episode, steps, do, picture, film, fps, options)
    if name is not None:
        show_scenario(name, play, settings or [], as_json)
    elif play == Play() and not settings:
        list_scenarios(as_json)
    else:
        raise ScenarioError("Which scenario? Name it first, as in: commlab scenarios lookout --picture world.png.")


def train(
    scenario: Annotated[
        str,
        typer.Argument(help="A scenario's name, or the path of a YAML file.", autocompletion=completing.scenarios),
    ],
    run: Annotated[
        str | None,
        typer.Option(
            "--run", "--name", help="Name or folder of the run; by default the scenario's. Under torchrun: --name."
        ),
    ] = None,
    settings: Settings = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with training fields.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Root of all draws.")] = None,
    agent_steps: Annotated[int | None, typer.Option(min=1, help="Steps of experience, over all agents.")] = None,
    mute: Annotated[bool, typer.Option("--mute", help="Train with the channel muted: the control.")] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="By default one a core, or a GPU, at most one a shard.")
    ] = None,
) -> None:
    """Train agents on a scenario; run again to go on after an interruption.

    \b
      commlab train lookout                                      into runs/lookout
      commlab train lookout --run second --seed 1                another seed, into runs/second
      commlab train mine.yaml --set train.hidden=128             a scenario of one's own, a larger network
      commlab train rivals --set channel.vocabulary=8 --run few  a field of the scenario changed
    """
    from commlab.commands.train import train as run_train

    given = {"seed": seed, "agent_steps": agent_steps, "mute": mute or None}
    fixed = {name: value for name, value in given.items() if value is not None}
    folder = run_train(scenario, run, settings or [], config, fixed, processes, command_line())
    if os.environ.get("RANK", "0") == "0":  # of torchrun's processes, one speaks
        from commlab.console import out

        out.print(f"Trained {folder.path}. Next: commlab record {folder.path}", markup=False)


def record(
    run: Run = None,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to record.")] = 1000,
    seed: Seed = 0,
    mute: Annotated[bool, typer.Option("--mute", help="Mute the channel: the muted twin of a recording.")] = False,
    interventions: Annotated[
        Path | None, typer.Option(help="JSON file with a list of interventions, made in every episode.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; by default recording.h5 in the run.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint; by default the run's last one.")] = None,
    layers: Annotated[
        str | None, typer.Option(help="Hidden states to keep, such as core,encoder; by default core.")
    ] = None,
    codec: Annotated[str, typer.Option(help="zstd, or gzip for readers without plugins.")] = "zstd",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing recording.")] = False,
) -> None:
    """Record fresh episodes of a trained run: messages, hidden states and the world. Takes up what a kill left.

    \b
      commlab record                                  1000 episodes of the last completed run
      commlab record lookout --episodes 200 --seed 7  fewer, and others
      commlab record lookout --mute                   the muted twin, which probes ask, too
    """
    from commlab.commands.record import record as run_record

    run_record(run, episodes, seed, mute, interventions, output, checkpoint, layers, codec, force, command_line())
