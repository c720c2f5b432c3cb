"""The command line: one thin function a command. Libraries are imported by the commands that need them."""

import sys
from collections.abc import Callable

import typer

from commlab.cli.causing import crossplay, erase, influence, kinship, patch, steer
from commlab.cli.exchange import export, import_, validate
from commlab.cli.grow import demo, record, scenarios, train
from commlab.cli.probing import inject, probe, report
from commlab.cli.reading import cluster, formation, information, lexicon, metrics, minds
from commlab.cli.showing import behaviour
from commlab.cli.talking import talk, verdict

__all__ = ["app", "main"]

INTERRUPTED = 130  # exit code, as shells have it

app = typer.Typer(add_completion=True, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None)
COMMANDS: tuple[Callable[..., None], ...] = (
    demo, scenarios, train, record, probe, lexicon, metrics, information, cluster, minds, formation, behaviour, inject,
    patch, steer, erase, influence, kinship, crossplay, verdict, report, talk, validate, import_, export,
)  # fmt: skip
for command in COMMANDS:
    app.command(command.__name__.rstrip("_"))(command)


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Agents that invent a language, and the tools to decode it, prove it, and answer."""
    if context.invoked_subcommand is None:
        typer.echo(
            "commlab trains agents that invent a language, and tells you what they say.\n\n"
            "  commlab demo                                 the whole path in a few minutes\n"
            "  commlab lexicon                              what each symbol means (needs no training)\n"
            "  commlab probe --target=resource_location     what can be read from their messages, against chance\n"
            "  commlab inject --message 3                   say something to them and see what they do\n"
            "  commlab verdict                              is this communication?\n"
            "  commlab talk                                 speak with them, live, in a browser\n"
            "  commlab --help                               all commands"
        )


def main() -> None:
    """Run the command line: a user's mistake is one sentence and exit code 2, an interrupt exit code 130."""
    from commlab.foundation.errors import CommlabError

    try:
        app()
    except CommlabError as error:
        sys.stderr.write(f"commlab: {error}\n")
        raise SystemExit(2) from None
    except MemoryError as error:
        sys.stderr.write(f"commlab: there is too little memory for this ({error}); take fewer episodes.\n")
        raise SystemExit(2) from None
    except SystemExit as end:  # what typer makes of an interrupt
        if end.code == INTERRUPTED:
            sys.stderr.write("\ncommlab: stopped; what was done is saved. The same command goes on from there.\n")
        raise
    except BrokenPipeError:
        raise SystemExit(1) from None
