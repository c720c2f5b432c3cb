"""Commands that show: behaviour."""

from typing import Annotated

import typer

from commlab.cli.options import Json, Nulls, Seed

__all__ = ["behaviour"]


def behaviour(
    run: Annotated[str | None, typer.Argument(help="A run, or a recording; left out: the last completed run.")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="A target to split by; by default what was heard last. See probe --targets."),
    ] = None,
    of: Annotated[
        str | None, typer.Option(help="listeners (the default), speakers, a body, or an agent's number.")
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, max=31, help="Values that get a map of their own, the most frequent.")
    ] = 7,
    nulls: Nulls = 199,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Map where agents are and where they go from there, over all and by what they heard last or any other target.

    \b
      commlab behaviour                                   the listeners of the last run, by what they heard last
      commlab behaviour --by resource_location            by where the crystal is
      commlab behaviour --of scout --by own_energy        the scouts, by how much energy they have left
    """
    from commlab.commands.behaviour import Wish
    from commlab.commands.behaviour import behaviour as run_behaviour

    run_behaviour(run, Wish(by, of, most, nulls, seed), as_json)
