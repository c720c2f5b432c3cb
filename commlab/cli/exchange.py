"""Commands that exchange data and answers: validate, import, export."""

from pathlib import Path
from typing import Annotated

import typer

from commlab.cli.options import AnyRecording, Json, Seed, command_line

__all__ = ["export", "import_", "validate"]


def validate(
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="A few codebooks of each language: under a minute.")] = False,
    codebooks: Annotated[
        int | None, typer.Option(min=1, help="Codebooks of each language, at least: 40; with --verdict 3.")
    ] = None,
    tool: Annotated[list[str] | None, typer.Option(help="Only this tool; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; may be repeated.")] = None,
    recording: Annotated[str | None, typer.Option(help="A recording of your own, commlab's or imported.")] = None,
    answers: Annotated[Path | None, typer.Option(help="JSON or CSV: what its forms mean.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write planted recordings and answers into this folder.")] = None,
    listener: Annotated[str, typer.Option(help="With --write: who listens.")] = "obeying",
    episodes: Annotated[int, typer.Option(min=1, help="With --write: episodes.")] = 128,
    force: Annotated[bool, typer.Option("--force", help="With --write: replace existing recordings.")] = False,
    verdict: Annotated[
        bool, typer.Option("--verdict", help="Check the verdict instead, on every language with every listener.")
    ] = False,
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
      commlab validate --verdict                                      the table of verdicts, in minutes
      commlab validate --write planted --language holistic            the recording and its answers, as files
      commlab validate --recording mine.h5 --answers answers.json
      answers.json:  {"entries": {"3": [["resource_location", "NE"]], "5": []}}
      or shorter:    {"target": "resource_location", "entries": {"3": "NE", "5": null}}
      or as a CSV:   message,target,value
    """
    from commlab.commands.validate import Wish
    from commlab.commands.validate import validate as run_validate

    tools, languages = tuple(tool or ()), tuple(language or ())
    n = codebooks or (3 if verdict else 40)
    wish = Wish(seed, quick, n, tools, languages, listener, episodes, write, force, recording, answers, verdict)
    if not run_validate(wish, as_json):
        raise typer.Exit(1)


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
    options = Options(form, read_columns(columns or []), wanted, symbols, zero, delimiter, force, command_line())
    run_import(file, run, output, options, trust, as_json)


def export(
    run: AnyRecording = None,
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
