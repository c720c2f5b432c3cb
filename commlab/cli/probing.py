"""Commands that probe a language and interfere with it: probe, inject."""

from typing import Annotated

import typer

from commlab.cli import completing
from commlab.cli.options import AnyRecording, Json, Nulls, Of, Run, Seed, command_line

__all__ = ["inject", "probe"]


def probe(
    run: AnyRecording = None,
    target: Annotated[
        str,
        typer.Option(
            help="What to decode: a name (see --targets), names with commas, all, or file.py:function.",
            autocompletion=completing.targets,
        ),
    ] = "resource_location",
    source: Annotated[
        str | None,
        typer.Option(
            help="said (the default), heard, hidden, hidden.<name>, observation; with commas, or all.",
            autocompletion=completing.sources,
        ),
    ] = None,
    of: Of = None,
    lag: Annotated[int, typer.Option(help="Steps ahead (behind, if negative) of the target.")] = 0,
    lags: Annotated[str | None, typer.Option(help="Several lags: -4:4, or 0,2,8.")] = None,
    model: Annotated[
        str, typer.Option(help="linear, logistic or nonlinear.", autocompletion=completing.models)
    ] = "linear",
    given: Annotated[
        str | None, typer.Option(help="Bits beyond these, with commas: time, own_position, or any target.")
    ] = None,
    description_length: Annotated[
        bool, typer.Option("--description-length", help="Bits that the labels take when learned as they come.")
    ] = False,
    v_information: Annotated[
        bool, typer.Option("--v-information", help="Bits about the target that a probe can use.")
    ] = False,
    circular: Annotated[bool, typer.Option("--circular", help="A second null: labels turned in time.")] = False,
    unseen: Annotated[
        bool | None,
        typer.Option("--unseen/--every-step", help="Count steps at which the crystal has not been seen, or all."),
    ] = None,
    max_rows: Annotated[
        int | None, typer.Option(min=100, help="Read no more rows than this, as whole episodes.")
    ] = None,
    nulls: Nulls = 199,
    folds: Annotated[int, typer.Option(min=2, help="Parts for cross-validation, of whole episodes.")] = 5,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; by default one a core.")] = None,
    seed: Seed = 0,
    targets: Annotated[bool, typer.Option("--targets", help="List the targets; with a run, what it has.")] = False,
    as_json: Json = False,
) -> None:
    """Decode a target from messages or hidden states, on held-out episodes, against its nulls.

    \b
      commlab probe --target=resource_location                           what messages say about where crystals are
      commlab probe --source=hidden --of=listeners --model=nonlinear     what listeners know, linear or not
      commlab probe --target=all --lags=-4:4                             the map of every source, target and lag
      commlab probe --target=mine.py:is_hungry                           a target of one's own
      commlab probe --given=own_position,time                            what messages tell beyond place and time
      commlab probe --description-length                                 how short the labels' code becomes
    """
    from commlab.commands import probe as commands

    if targets:
        commands.list_targets(run)
        return
    asked = commands.Wish(target, source, of, lag, lags, model, given, description_length, v_information, circular)
    wish = asked._replace(unseen_only=unseen, max_rows=max_rows, n_null=nulls, n_folds=folds, seed=seed, jobs=jobs)
    commands.probe(run, wish, as_json)


def inject(
    run: Run = None,
    message: Annotated[int | None, typer.Option(help="The symbol to inject; 0 is silence. By default 1.")] = None,
    speaker: Annotated[str, typer.Option(help="phantom, or an agent's number.")] = "phantom",
    listener: Annotated[int | None, typer.Option(help="An agent's number; by default any listener.")] = None,
    at: Annotated[int | None, typer.Option(help="Step; by default one at which the listener carries nothing.")] = None,
    duration: Annotated[int, typer.Option("--for", help="Steps that the message goes on.")] = 12,
    versus: Annotated[str, typer.Option(help="silence, other-episode, or a symbol.")] = "silence",
    kinship: Annotated[float, typer.Option(help="Of the phantom with the listener.")] = 1.0,
    slots: Annotated[int, typer.Option(min=1, help="With --by: hearing slots in which the message is heard.")] = 1,
    by: Annotated[
        str | None,
        typer.Option(help="Vary symbol, listener, kinship, moment or dose; with commas: every combination."),
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="An experiment in YAML, or a saved one's result; a-word is one that ships.")
    ] = None,
    episodes: Annotated[
        int | None, typer.Option(min=8, help="Episodes to inject into; by default 512, with --by 256.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**20 - 1, help="Root of all draws; by default 0.")] = None,
    nulls: Nulls = 199,
    as_json: Json = False,
) -> None:
    """Inject a message and see what listeners do, beside twin worlds that differ by that message alone.

    \b
      commlab inject --message 7                         symbol 7 against silence, in the last run
      commlab inject sample --message 7 --versus 5       against another symbol
      commlab inject sample --by symbol                  every symbol: where it sends them, how much it tells
      commlab inject sample --by kinship,dose            words from kin and strangers, for longer and longer
      commlab inject sample --file a-word                an experiment from a file: see docs/experiments.md
    """
    from commlab.commands.experiment import experiment as run_experiment
    from commlab.commands.inject import Injecting
    from commlab.commands.inject import inject as run_inject
    from commlab.commands.inject import sweep as run_sweep
    from commlab.foundation.errors import InterventionError

    if file is not None:
        shown = {"--speaker": speaker != "phantom", "--versus": versus != "silence", "--by": by is not None}
        shown |= {"--message": message is not None, "--listener": listener is not None, "--at": at is not None}
        for name, given in shown.items():
            if given:
                raise InterventionError(f"{name} has no place beside --file: the file says who, what and when.")
        run_experiment(run, file, episodes, seed, nulls, as_json, command_line())
        return
    wish = Injecting(message, speaker, listener, at, duration, versus, kinship, slots, by, episodes, seed)
    if by is not None:
        run_sweep(run, wish.sweep(), nulls, as_json, command_line())
    else:
        run_inject(run, wish.injection(), nulls, as_json, command_line())
