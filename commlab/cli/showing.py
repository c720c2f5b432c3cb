"""Commands that show: behaviour, trajectories, replay, report."""

from pathlib import Path
from typing import Annotated

import typer

from commlab.cli import completing
from commlab.cli.options import AnyRecording, Json, Nulls, Of, Seed

__all__ = ["behaviour", "replay", "report", "trajectories"]


By = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="A target to tell apart; by default what was heard last. See probe --targets.",
        autocompletion=completing.targets,
    ),
]


def behaviour(
    run: AnyRecording = None,
    by: By = None,
    of: Of = None,
    most: Annotated[
        int, typer.Option(min=1, max=31, help="Values that get a map of their own, the most frequent.")
    ] = 7,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Map where agents (by default listeners) are and where they go from there, by what they heard last, or anything.

    \b
      commlab behaviour                                   the listeners of the last run, by what they heard last
      commlab behaviour --by resource_location            by where the crystal is
      commlab behaviour --of scout --by own_energy        the scouts, by how much energy they have left
    """
    from commlab.commands.behaviour import Wish
    from commlab.commands.behaviour import behaviour as run_behaviour

    run_behaviour(run, Wish(by, of, most, nulls, seed), as_json)


def trajectories(
    run: AnyRecording = None,
    by: By = None,
    source: Annotated[
        str, typer.Option(help="hidden, or hidden.<name>.", autocompletion=completing.sources)
    ] = "hidden",
    of: Of = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of a course, at most; by default as long as most values last.")
    ] = None,
    before: Annotated[int, typer.Option(min=0, help="Steps shown before a value begins.")] = 4,
    most: Annotated[int, typer.Option(min=2, help="Values, those that begin in most episodes.")] = 8,
    plane: Annotated[
        str, typer.Option(help="courses (where they differ most) or states (first principal components).")
    ] = "courses",
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Follow hidden states (by default of listeners) from when something was heard on, and say how far they part.

    \b
      commlab trajectories                                           what a word does to its hearers' hidden state
      commlab trajectories --by resource_location --of speakers      what speakers know of the crystal
      commlab trajectories --plane states --steps 12                 in the plane of the first principal components
    """
    from commlab.commands.trajectories import Wish
    from commlab.commands.trajectories import trajectories as run_trajectories

    asked = Wish(source=source, of=of, steps=steps, before=before, most=most, plane=plane, n_null=nulls, seed=seed)
    run_trajectories(run, asked if by is None else asked._replace(by=by), as_json)


def replay(
    run: Annotated[
        str | None,
        typer.Argument(help="A run, or a recording; left out: the last completed run.", autocompletion=completing.runs),
    ] = None,
    episode: Annotated[
        list[str] | None,
        typer.Option(
            "--episode", metavar="N", help="Which, counted from 0: 3, or 3,5, or 0:4. By default those behind findings."
        ),
    ] = None,
    film: Annotated[Path | None, typer.Option(help="Film the (first) episode into this .gif or .mp4.")] = None,
    fps: Annotated[float, typer.Option(help="Steps of a film that are shown in a second.")] = 8.0,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write episodes as one page to look through, step by step: who said what to whom, and what came of it.

    \b
      commlab replay                                      moments behind the last run's findings, or first episodes
      commlab replay sample --episode 12 --open           one episode, opened in a browser
      commlab replay sample --episode 0:9                 ten of them in one page
      commlab replay game.h5                              an imported log: its timeline, and its map if it has one
      commlab replay sample --episode 12 --film it.gif    and a film, played again and checked step by step
    """
    from commlab.commands.replay import Wish
    from commlab.commands.replay import replay as run_replay

    run_replay(run, Wish(tuple(episode or ()), film, fps, open_), as_json)


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="A run's name or folder; left out: the last completed one. Several: with --compare.",
            autocompletion=completing.runs,
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            metavar="RUN",
            help="Hold this run, and all others that are named, beside the first.",
            autocompletion=completing.runs,
        ),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it to PDF too, by an installed Chromium, Chrome or Edge.")
    ] = (False),
    as_json: Json = False,
) -> None:
    """Write everything found on one page that needs nothing else: answers, claims, null results, how it was made.

    \b
      commlab report                                      the last run, into report.html in its folder
      commlab report sample --pdf                         and report.pdf beside it
      commlab report first --compare second               two runs side by side, with the differences
      commlab report seed0 --compare seed1 seed2 seed3    every number over seeds, with its interval over runs
    """
    from commlab.commands.report import report_and_print

    report_and_print(runs or [], compare or [], pdf, as_json)
