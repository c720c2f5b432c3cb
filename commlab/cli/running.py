"""What every command does beside its own work: it can be quiet, and keeps the README.txt of its runs up to date."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

__all__ = ["runnable"]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors, and the object of --json.")]


def runnable(command: Callable[..., None]) -> Callable[..., None]:
    """The command with --quiet."""

    @functools.wraps(command)
    def run(*, quiet: bool = False, **given: Any) -> None:
        from commlab.commands.readme import explained
        from commlab.console import quietly

        with quietly(quiet), explained():
            command(**given)

    signature = inspect.signature(command)
    asked = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), asked])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "quiet": Quiet}
    return run
