"""The command line: one thin function a command. Libraries are imported by the commands that need them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app", "main"]

app = typer.Typer(add_completion=True, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None)

INTERRUPTED = 130  # exit code, as shells have it

Run = Annotated[str | None, typer.Argument(help="A run's name or folder; left out: the last completed one.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Seed = Annotated[int, typer.Option(min=0, max=2**20 - 1, help="Root of all draws.")]
Nulls = Annotated[int, typer.Option("--nulls", min=19, help="Draws of each null distribution.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="field=value; training fields begin with train.")]


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Agents that invent a language, and the tools to decode it, prove it, and answer."""
    if context.invoked_subcommand is None:
        typer.echo(
            "commlab trains agents that invent a language, and tells you what they say.\n\n"
            "  commlab demo                                 the whole path in a few minutes\n"
            "  commlab probe --target=resource_location     what can be read from their messages (needs no training)\n"
            "  commlab inject --message 3                   say something to them and see what they do\n"
            "  commlab --help                               all commands"
        )


@app.command()
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
    """Go the whole path: train with and without hearing, record, probe, inject, report. Goes on where it stopped."""
    from commlab.demo import run_demo

    run_demo(seed, run, grounding, processes, as_json)


@app.command()
def train(
    scenario: Annotated[str, typer.Argument(help="A scenario's name, or the path of a YAML file.")],
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
    """Train agents on a scenario; run again to go on after an interruption."""
    from commlab.commands.train import train as run_train

    given = {"seed": seed, "agent_steps": agent_steps, "mute": mute or None}
    fixed = {name: value for name, value in given.items() if value is not None}
    folder = run_train(scenario, run, settings or [], config, fixed, processes, _command())
    if os.environ.get("RANK", "0") == "0":  # of torchrun's processes, one speaks
        typer.echo(f"Trained {folder.path}. Next: commlab record {folder.path}")


@app.command()
def record(
    run: Run = None,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to record.")] = 1000,
    seed: Seed = 0,
    mute: Annotated[bool, typer.Option("--mute", help="Mute the channel: the muted twin of a recording.")] = False,
    output: Annotated[Path | None, typer.Option(help="File to write; by default recording.h5 in the run.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint; by default the run's last one.")] = None,
    layers: Annotated[
        str | None, typer.Option(help="Hidden states to keep, such as core,encoder; by default core.")
    ] = None,
    codec: Annotated[str, typer.Option(help="zstd, or gzip for readers without plugins.")] = "zstd",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing recording.")] = False,
) -> None:
    """Record fresh episodes of a trained run: messages, hidden states and the world. Takes up what a kill left."""
    from commlab.commands.record import record as run_record

    run_record(run, episodes, seed, mute, output, checkpoint, layers, codec, force, _command())


@app.command()
def metrics(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    targets: Annotated[
        str | None, typer.Option(help="Classes that messages may be about, with commas; see probe --targets.")
    ] = None,
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    lag: Annotated[int, typer.Option(help="Steps ahead (behind, if negative) of the targets.")] = 0,
    reaction: Annotated[int, typer.Option(min=0, help="Steps until others can answer.")] = 1,
    threshold: Annotated[float, typer.Option(min=0, help="Of Harris's boundaries, in bits.")] = 0.0,
    distances: Annotated[str, typer.Option(help="Of messages and of meanings: edit,hamming.")] = "edit,hamming",
    only: Annotated[str | None, typer.Option(help="Metrics, with commas, by the names that --json gives.")] = None,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Print the numbers of the language in one table: corpus laws, naming, structure, coordination, and what misleads.

    \b
      commlab metrics                                                      against where and what the crystals are
      commlab metrics --targets=resource_location,own_next_action          against other targets
      commlab metrics --targets=resource_location --lag=2 --of=gatherer    what gatherers say of two steps later
      commlab metrics --distances=jaccard,hamming                          another topographic similarity
    """
    from commlab.commands.metrics import Wish
    from commlab.commands.metrics import metrics as run_metrics

    run_metrics(run, Wish(targets, of, lag, reaction, threshold, distances, only, nulls, seed), as_json)


@app.command()
def minds(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    targets: Annotated[
        str | None, typer.Option("--targets", help="Names with commas, instead of the agent's own future and others.")
    ] = None,
    source: Annotated[str, typer.Option(help="hidden, or hidden.<name>.")] = "hidden",
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    with_heard: Annotated[
        bool, typer.Option("--with-heard", help="Count what was heard as history: what is left was worked out.")
    ] = False,
    in_view: Annotated[bool, typer.Option("--in-view", help="Count steps at which the other is in view, too.")] = False,
    nulls: Nulls = 199,
    folds: Annotated[int, typer.Option(min=2, help="Parts for cross-validation, of whole episodes.")] = 5,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Look into hidden states for plans and for others, beyond what a recurrent probe makes of the agent's history.

    \b
      commlab minds                                      own next action and destination, others' state and action
      commlab minds --with-heard                         the same beyond what was heard, too
      commlab minds --targets danger,resource_location   of other targets: what hidden states hold beyond the history
    """
    from commlab.commands.minds import Minds
    from commlab.commands.minds import minds as run_minds
    from commlab.probes.decode.minds import MINDS

    names = tuple(name.strip() for name in (targets or "").split(",") if name.strip()) or MINDS
    question = Minds(names, source, of, with_heard, in_view, n_folds=folds, n_null=nulls, seed=seed)
    run_minds(run, question, as_json)


@app.command()
def probe(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    target: Annotated[
        str, typer.Option(help="What to decode: a name (see --targets), names with commas, all, or file.py:function.")
    ] = "resource_location",
    source: Annotated[
        str | None,
        typer.Option(help="said (the default), heard, hidden, hidden.<name>, observation; with commas, or all."),
    ] = None,
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    lag: Annotated[int, typer.Option(help="Steps ahead (behind, if negative) of the target.")] = 0,
    lags: Annotated[str | None, typer.Option(help="Several lags: -4:4, or 0,2,8.")] = None,
    model: Annotated[str, typer.Option(help="linear, logistic or nonlinear.")] = "linear",
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


@app.command()
def cluster(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    source: Annotated[
        str | None, typer.Option(help="hidden.<name> (the default, where recorded), world or observation.")
    ] = None,
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    k: Annotated[int | None, typer.Option("--k", min=2, help="Clusters; by default the most that recur.")] = None,
    method: Annotated[str, typer.Option(help="kmeans or hdbscan.")] = "kmeans",
    every_step: Annotated[
        bool | None,
        typer.Option("--every-step/--spoken", help="Silent steps too; by default so for hidden states."),
    ] = None,
    targets: Annotated[
        list[str] | None, typer.Option("--target", help="Hold clusters against this; may be repeated.")
    ] = None,
    picture: Annotated[bool, typer.Option("--picture", help="Draw them in the plane, by UMAP.")] = False,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Cluster the contexts in which agents speak, or hidden states, and say what goes with each cluster.

    \b
      commlab cluster                                    the hidden states of the speakers
      commlab cluster --source=world --k 8               the world when something is said, in eight clusters
      commlab cluster --of=listeners --picture           what goes on in listeners, drawn in the plane
    """
    from commlab.commands.cluster import Wish
    from commlab.commands.cluster import cluster as run_cluster

    wish = Wish(source, of, k, method, every_step, tuple(targets) if targets else None, nulls, seed)
    run_cluster(run, wish, picture, as_json)


@app.command()
def export(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    to: Annotated[str, typer.Option("--to", help="h5ad, netcdf, elcc, xferbench, jsonl or csv.")] = "csv",
    output: Annotated[
        Path | None, typer.Option(help="File (elcc: folder) to write; by default in exports/ beside the recording.")
    ] = None,
    targets: Annotated[
        str | None, typer.Option("--targets", help="Targets to write beside: names with commas, all or none.")
    ] = None,
    source: Annotated[str, typer.Option(help="Of a .h5ad: hidden, hidden.<name> or observation.")] = "hidden",
    lines: Annotated[str, typer.Option(help="Of a corpus: a line for each utterance or episode.")] = "utterance",
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Export a recording for other tools, block by block, whole or not at all.

    \b
      commlab export --to csv                          a row for each episode, step and agent
      commlab export --to h5ad --targets resource_location    hidden states for scanpy
      commlab export --to netcdf                       all columns for xarray
      commlab export --to xferbench --lines episode    a corpus of what was said
    """
    from commlab.commands.exporting import export as run_export
    from commlab.datasets.exports.exporting import ExportOptions

    names = [name.strip() for name in (targets or "").split(",") if name.strip()]
    wanted = None if targets is None else () if names == ["none"] else tuple(names)
    run_export(run, output, ExportOptions(to, wanted, source, lines, force), as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An EGG interaction dump, or a CSV or JSONL file (.gz too).")],
    run: Annotated[
        str | None, typer.Option("--run", "--name", help="Run to import into; by default the file's name.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File to write, instead of recording.h5 in a run.")] = None,
    form: Annotated[str, typer.Option("--format", help="egg, csv, jsonl, or auto: by the file itself.")] = "auto",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            help="part=column, as in message=utterance; the parts are episode, step, agent, listener, message, "
            "heard, action, reward, condition and kinship. May be repeated."
        ),
    ] = None,
    features: Annotated[str | None, typer.Option(help="Columns to keep as features; by default all others.")] = None,
    symbols: Annotated[str, typer.Option(help="Take texts apart into words or characters.")] = "auto",
    zero: Annotated[str, typer.Option(help="Whether the number 0 in a message is silence or a symbol.")] = "auto",
    delimiter: Annotated[str | None, typer.Option(help="Between the cells of a CSV file.")] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Unpickle a dump whole. This runs code that the file brings.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing recording.")] = False,
    as_json: Json = False,
) -> None:
    """Import other people's logs: an EGG dump, or a table with a row for each episode, step and agent.

    \b
      commlab import game.csv                                 columns are found by name; all others are features
      commlab import game.csv --columns message=utt,episode=game --features colour,shape
      commlab import chat.jsonl --symbols characters --run chat
      commlab import interaction_gpu0 --run egg               read without running code from the file
    """
    from commlab.commands.importing import import_ as run_import
    from commlab.commands.importing import read_columns
    from commlab.datasets.imports.options import Options

    wanted = tuple(name.strip() for name in features.split(",")) if features is not None else None
    options = Options(form, read_columns(columns or []), wanted, symbols, zero, delimiter, force, _command())
    run_import(file, run, output, options, trust, as_json)


@app.command()
def information(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    target: Annotated[str, typer.Option(help="What the messages may be about; see probe --targets.")] = (
        "resource_location"
    ),
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    lag: Annotated[int, typer.Option(help="Steps ahead (behind, if negative) of the target.")] = 0,
    given: Annotated[str | None, typer.Option(help="Another target: count only what goes beyond it.")] = None,
    by_kinship: Annotated[bool, typer.Option("--by-kinship", help="Apart for what kin and strangers heard.")] = False,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Count the bits that messages carry about a target, corrected for what chance gives.

    \b
      commlab information                                             what the last run's speakers say about crystals
      commlab information myrun --target altar_location               about another target
      commlab information --target own_next_action --given own_position   beyond what the speaker's place tells
      commlab information --by-kinship                                apart for what kin and strangers heard
    """
    from commlab.commands.information import information as run_information

    run_information(run, target, of, lag, given, by_kinship, nulls, seed, as_json)


@app.command()
def formation(
    run: Run = None,
    targets: Annotated[
        list[str] | None, typer.Option("--target", help="What messages may be about; may be repeated, the first leads.")
    ] = None,
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    episodes: Annotated[int, typer.Option(min=16, help="Fresh episodes that each checkpoint plays.")] = 192,
    most: Annotated[int, typer.Option(min=2, help="Checkpoints at most, evenly spaced.")] = 24,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tell how the language formed: each checkpoint of a run plays the same episodes, and its speech is measured.

    \b
      commlab formation                                  the last completed run
      commlab formation myrun --target resource_kind     what was said of the kind of crystal
    """
    from commlab.commands.formation import formation as run_formation

    run_formation(run, tuple(targets) if targets else None, of, episodes, nulls, most, seed, as_json, _command())


@app.command()
def inject(
    run: Run = None,
    message: Annotated[int, typer.Option(help="The symbol to inject; 0 is silence.")] = 1,
    speaker: Annotated[str, typer.Option(help="phantom, or an agent's number.")] = "phantom",
    listener: Annotated[int | None, typer.Option(help="An agent's number; by default any listener.")] = None,
    at: Annotated[int | None, typer.Option(help="Step; by default one at which the listener carries nothing.")] = None,
    duration: Annotated[int, typer.Option("--for", help="Steps that the message goes on.")] = 12,
    versus: Annotated[str, typer.Option(help="silence, other-episode, or a symbol.")] = "silence",
    kinship: Annotated[float, typer.Option(help="Of the phantom with the listener.")] = 1.0,
    episodes: Annotated[int, typer.Option(min=8, help="Episodes to inject into.")] = 512,
    seed: Seed = 0,
    nulls: Nulls = 199,
    as_json: Json = False,
) -> None:
    """Inject a message and see what listeners do, beside twin worlds that differ by that message alone."""
    from commlab.commands.inject import inject as run_inject
    from commlab.foundation.errors import InterventionError
    from commlab.probes.cause.injection import Injection

    if speaker != "phantom" and not speaker.isdecimal():
        raise InterventionError(f"--speaker is phantom or an agent's number, not {speaker!r}.")
    who = None if speaker == "phantom" else int(speaker)
    wish = Injection(message, versus, who, listener, at, duration, kinship, episodes, seed)
    run_inject(run, wish, nulls, as_json, _command())


@app.command()
def lexicon(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    of: Annotated[str | None, typer.Option(help="speakers, listeners, a body, or an agent's number.")] = None,
    targets: Annotated[
        str | None, typer.Option(help="What it may be about, with commas; left out: all that fit. See probe --targets.")
    ] = None,
    translate: Annotated[str | None, typer.Option(help='A message to put into words, such as 7 or "3 7".')] = None,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """What each symbol (or message, or part of one) means, with the evidence, who says it, to whom, and how true it is.

    \b
      commlab lexicon                                            the last run's language
      commlab lexicon sample --targets resource_location.cell    in cells of the map
      commlab lexicon game.h5 --of alice --json                  of an imported log, for programs
      commlab lexicon sample --translate 7                       a message in words
    """
    from commlab.commands.lexicon import lexicon as run_lexicon

    run_lexicon(run, of, targets, translate, nulls, seed, as_json)


@app.command()
def validate(
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="A few codebooks of each language: under a minute.")] = False,
    codebooks: Annotated[int, typer.Option(min=1, help="Codebooks of each language, at least.")] = 40,
    tool: Annotated[list[str] | None, typer.Option(help="Only this tool; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; may be repeated.")] = None,
    recording: Annotated[str | None, typer.Option(help="A recording of your own, commlab's or imported.")] = None,
    answers: Annotated[Path | None, typer.Option(help="JSON or CSV: what its forms mean.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write planted recordings and answers into this folder.")] = None,
    listener: Annotated[str, typer.Option(help="With --write: who listens.")] = "obeying",
    episodes: Annotated[int, typer.Option(min=1, help="With --write: episodes.")] = 128,
    force: Annotated[bool, typer.Option("--force", help="With --write: replace existing recordings.")] = False,
    as_json: Json = False,
) -> None:
    """Check every tool on languages that are known. Exit code 1 if any tool is wrong.

    Scripted speakers of holistic, compositional, positional, synonymous, polysemous, context-dependent, kin-only and
    lying languages, of distractors, noise and silence play in the world `babel`; a fixed table says what each tool must
    find, and where nothing may be found. With --recording and --answers the lexicon is checked on a recording of yours.
    The answers say what each form means, an empty list that it means nothing; a form is a symbol (3), a symbol at a
    position (7@1, the first is 0) or a message (3 7). docs/validate.md shows all ways to write them.

    \b
      commlab validate                                                the whole table, in minutes
      commlab validate --quick --tool lexicon                         a first look
      commlab validate --write planted --language holistic            the recording and its answers, as files
      commlab validate --recording mine.h5 --answers answers.json
      answers.json:  {"entries": {"3": [["resource_location", "NE"]], "5": []}}
      or shorter:    {"target": "resource_location", "entries": {"3": "NE", "5": null}}
      or as a CSV:   message,target,value
    """
    from commlab.commands.validate import Wish
    from commlab.commands.validate import validate as run_validate

    tools, languages = tuple(tool or ()), tuple(language or ())
    wish = Wish(seed, quick, codebooks, tools, languages, listener, episodes, write, force, recording, answers)
    if not run_validate(wish, as_json):
        raise typer.Exit(1)


@app.command()
def report(run: Run = None) -> None:
    """Write the report and its figures from the results saved in a run."""
    from commlab.commands.report import report as run_report

    run_report(run)


@app.command()
def scenarios(
    name: Annotated[str | None, typer.Argument(help="A scenario's name or YAML file; left out: list them.")] = None,
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


def main() -> None:
    """Run the command line: a user's mistake is one sentence and exit code 2, an interrupt exit code 130."""
    from commlab.foundation.errors import CommlabError

    try:
        app()
    except CommlabError as error:
        sys.stderr.write(f"commlab: {error}\n")
        raise SystemExit(2) from None
    except SystemExit as end:  # what typer makes of an interrupt
        if end.code == INTERRUPTED:
            sys.stderr.write("\ncommlab: stopped; what was done is saved. The same command goes on from there.\n")
        raise
    except BrokenPipeError:
        raise SystemExit(1) from None


def _command() -> str:
    """Return the command as it was typed."""
    return " ".join(["commlab", *sys.argv[1:]])
