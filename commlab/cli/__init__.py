"""The command line: one thin function a command. Libraries are imported by the commands that need them."""

import sys
from collections.abc import Callable

import typer

from commlab.cli.causing import crossplay, erase, influence, kinship, patch, steer
from commlab.cli.exchange import export, import_, validate
from commlab.cli.grouping import Grouped
from commlab.cli.grow import demo, record, scenarios, train
from commlab.cli.probing import inject, probe
from commlab.cli.reading import audience, cluster, formation, information, lexicon, metrics, minds
from commlab.cli.running import runnable
from commlab.cli.showing import behaviour, replay, report, trajectories
from commlab.cli.talking import talk, verdict

__all__ = ["app", "main"]

SHOWN = 200  # letters of a path
INTERRUPTED = 130  # exit code, as shells have it
GOES_ON = ("demo", "record", "train")  # commands that take up what an interrupt left

app = typer.Typer(
    cls=Grouped, add_completion=True, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Begin": (demo, scenarios, train, record),
    "Read what they say": (
        lexicon,
        probe,
        metrics,
        information,
        audience,
        cluster,
        minds,
        formation,
        behaviour,
        trajectories,
    ),
    "Change something and see": (inject, influence, patch, steer, erase, kinship, crossplay),
    "Judge, speak, show": (verdict, talk, replay, report),
    "Other tools and other data": (import_, export, validate),
}
for heading, commands in COMMANDS.items():
    for command in commands:
        app.command(command.__name__.rstrip("_"), rich_help_panel=heading)(runnable(command))


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Agents that invent a language, and the tools to decode it, prove it, and answer.

    \b
      commlab                                      where you are, and the next step
      commlab demo                                 the whole path in a few minutes
      commlab lexicon                              what each symbol means (needs no training)
      commlab probe --target=resource_location     what can be read from their messages, against chance
      commlab inject sample --message 7            say something to them and see what they do
      commlab report                               everything found, on one page

    RUN is a name under ./runs or a folder; left out, it is the run whose training completed last, and where there is
    none, the agents that ship with commlab. `commlab COMMAND --help` has examples of each.
    """
    if context.invoked_subcommand is None:
        from commlab.cli.beginning import where

        sys.stdout.write(where())


def main() -> None:
    """Run the command line: a user's mistake is one sentence and exit code 2, an interrupt exit code 130."""
    from commlab.foundation.errors import CommlabError

    try:
        code = app(standalone_mode=False)
    except CommlabError as error:
        refuse(str(error))
    except MemoryError as error:
        refuse(f"there is too little memory for this ({error}); take fewer episodes.")
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        raise SystemExit(1) from None
    except (OSError, OverflowError, RecursionError) as error:
        refuse(strained(error))
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # while a library in C was imported
            code = INTERRUPTED
        elif hasattr(error, "format_message"):  # what typer makes of a command that is typed wrongly
            refuse(misuse(error.format_message()))
        else:
            raise
    if code == INTERRUPTED:
        sys.stderr.write(f"\ncommlab: {stopped()}\n")
    if isinstance(code, int) and code:
        raise SystemExit(code)


def refuse(sentence: str) -> None:
    """Say what was wrong and exit with 2."""
    sys.stderr.write(f"commlab: {sentence}\n")
    raise SystemExit(2) from None


def strained(error: Exception) -> str:
    """What the machine refused: a file that cannot be read or written, a number that is too large, JSON without end."""
    if isinstance(error, OSError):
        from commlab.foundation.disk import is_disk_full

        name = str(error.filename or "")
        file = name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
        if is_disk_full(error):
            return f"the disk is full{f' and {file} could not be written' if file else ''}: free some space."
        return f"{file or 'a file'} cannot be used ({error.strerror or error}): check the path and its permissions."
    if isinstance(error, OverflowError):
        return f"a number is too large for this ({error}): give a smaller one."
    return "a file is nested too deeply to be read: it is none of commlab's own."


def misuse(message: str) -> str:
    """What was wrong with a command as typed, in one line, and where its help is."""
    known = {command.__name__.rstrip("_") for commands in COMMANDS.values() for command in commands}
    named = next((word for word in sys.argv[1:2] if word in known), None)
    said = " ".join(message.split()).rstrip(".")
    ending = "" if said.endswith("?") else "."
    page = f"commlab {named} --help" if named else "commlab --help"
    return f"{said}{ending} See {page}."


def stopped() -> str:
    """What an interrupt left."""
    if sys.argv[1:2] and sys.argv[1] in GOES_ON:
        return "stopped; what was done is saved. The same command goes on from there."
    return "stopped; nothing is left half-written."
