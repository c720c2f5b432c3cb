"""Commands that prove causes: what becomes of agents when something in them or between them is changed."""

from pathlib import Path
from typing import Annotated

import typer

from commlab.cli import completing
from commlab.cli.options import Json, Nulls, Run, Seed, command_line

__all__ = ["crossplay", "erase", "influence", "kinship", "patch", "steer"]

Target = Annotated[
    str,
    typer.Option(
        help="What the hidden state tells: a name (see commlab probe --targets).", autocompletion=completing.targets
    ),
]
Of = Annotated[
    str,
    typer.Option(
        help="Whose state is changed: speakers, listeners, a body, or an agent's number.",
        autocompletion=completing.agents,
    ),
]
Layer = Annotated[
    str,
    typer.Option(
        help="Which hidden state: core (the memory) or encoder (what is perceived).", autocompletion=completing.layers
    ),
]
At = Annotated[int | None, typer.Option(help="Step; by default one at which the listener carries nothing.")]
For = Annotated[int | None, typer.Option("--for", min=1, help="Steps that the change lasts; by default 20.")]
Deaf = Annotated[bool, typer.Option("--deaf", help="Listeners hear nothing from the next step on, in all arms.")]
Episodes = Annotated[int, typer.Option(min=8, help="Episodes to change, each beside its twins.")]
Draws = Annotated[int, typer.Option("--nulls", min=19, help="Draws of the change at random, each rolled anew.")]
Irrelevant = Annotated[
    str | None,
    typer.Option(help="The target to compare with; by default one is looked for.", autocompletion=completing.targets),
]


def patch(
    run: Run = None,
    target: Target = "resource_location",
    of: Of = "listeners",
    layer: Layer = "core",
    at: At = None,
    duration: For = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Test the whole state, exchanged for one step, not the target's subspace.")
    ] = False,
    told: Annotated[
        bool, typer.Option("--told", help="Take states of twins that are told another value, not of other episodes.")
    ] = False,
    deaf: Deaf = False,
    episodes: Episodes = 512,
    seed: Seed = 0,
    nulls: Draws = 99,
    as_json: Json = False,
) -> None:
    """Give agents the hidden state that they had in another episode, and see whether they do what that one called for.

    \b
      commlab patch                               do listeners go where the other episode's crystal is?
      commlab patch --of=speakers                 do speakers say where the other episode's crystal is?
      commlab patch --told                        the state of a twin that was told another place
      commlab patch --layer=encoder --whole       what is perceived, all of it, for one step
      commlab patch --target=own_position         a target that should not matter
    """
    from commlab.commands.patch import patch as run_patch
    from commlab.probes.cause.hidden.cases import Wish

    wish = Wish(target, of, layer, at, duration, deaf, whole, told, episodes, seed, nulls)
    run_patch(run, wish, as_json, command_line())


def steer(
    run: Run = None,
    target: Target = "resource_location",
    of: Of = "listeners",
    layer: Layer = "core",
    at: At = None,
    duration: For = None,
    dose: Annotated[float, typer.Option(help="1 leads from the mean of one value to that of another.")] = 1.0,
    doses: Annotated[str | None, typer.Option(help="Others to try, with commas: 0.5,1,2,4.")] = None,
    irrelevant: Irrelevant = None,
    deaf: Deaf = False,
    episodes: Episodes = 512,
    seed: Seed = 0,
    nulls: Draws = 99,
    as_json: Json = False,
) -> None:
    """Add to hidden states what leads from one value of a target to another, and see where agents go or what they say.

    \b
      commlab steer                               can listeners be sent to a place from inside?
      commlab steer --of=speakers --dose=2        can speakers be made to say it?
      commlab steer --doses=0.25,0.5,1,2,4,8      the dose curve
      commlab steer --irrelevant=own_facing       compared with directions of that target
    """
    from commlab.commands.steer import Steering
    from commlab.commands.steer import steer as run_steer
    from commlab.probes.cause.hidden.cases import Wish

    wish = Wish(target, of, layer, at, duration, deaf, n_episodes=episodes, seed=seed, n_null=nulls)
    run_steer(run, wish, Steering(dose, doses, irrelevant), as_json, command_line())


def erase(
    run: Run = None,
    target: Target = "resource_location",
    of: Of = "listeners",
    layer: Layer = "core",
    irrelevant: Irrelevant = None,
    episodes: Episodes = 512,
    seed: Seed = 0,
    nulls: Draws = 99,
    as_json: Json = False,
) -> None:
    """Erase from hidden states, at every step, what a linear probe could read of a target; see what agents lose.

    \b
      commlab erase                               do listeners need to know where the crystal is?
      commlab erase --of=speakers                 and speakers?
      commlab erase --layer=encoder               what is perceived, before memory
    """
    from commlab.commands.erase import erase as run_erase
    from commlab.probes.cause.hidden.cases import Wish

    wish = Wish(target, of, layer, n_episodes=episodes, seed=seed, n_null=nulls)
    run_erase(run, wish, irrelevant, as_json, command_line())


def influence(
    run: Run = None,
    episodes: Annotated[
        int | None, typer.Option(min=8, help="Fresh episodes to ask in; by default 256, fewer in large worlds.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint; by default the run's last one.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Ask listeners what they would do on hearing each message: how many bits of their next action it decides.

    \b
      commlab influence                      does anybody listen, and to which messages?
      commlab influence --episodes 1024      the same, more exactly
      commlab influence --json               every measure, message and listener
    """
    from commlab.commands.influence import influence as run_influence

    run_influence(run, checkpoint, episodes, seed, as_json, command_line())


def crossplay(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs; RUN@first, RUN@last or RUN@STEPS is a checkpoint of one.", autocompletion=completing.runs
        ),
    ] = None,
    checkpoints: Annotated[
        int | None, typer.Option("--checkpoints", min=2, help="So many checkpoints of each run, evenly spaced.")
    ] = None,
    families: Annotated[bool, typer.Option("--families", help="The families of each run, apart.")] = False,
    episodes: Annotated[int, typer.Option(min=8, help="Episodes that every pair plays.")] = 256,
    seed: Seed = 0,
    nulls: Nulls = 199,
    as_json: Json = False,
) -> None:
    """Let the speakers of one run talk to the listeners of another, and see what returns and understanding are left.

    \b
      commlab crossplay seed-0 seed-1 seed-2             three seeds: is the code a convention of each?
      commlab crossplay myrun --checkpoints 4            early speakers with late listeners
      commlab crossplay myrun@first other@last           one checkpoint of each
      commlab crossplay rivals-run --families            the families of one run
    """
    from commlab.commands.crossplay import Pairing
    from commlab.commands.crossplay import crossplay as run_crossplay

    run_crossplay(Pairing(runs or [], checkpoints, families, episodes, seed, nulls), as_json, command_line())


def kinship(
    run: Run = None,
    shown: Annotated[str, typer.Option(help="Levels of kinship to show, -1 to 1; below 0 is a control.")] = (
        "-1,0,0.25,0.5,0.75,1"
    ),
    episodes: Annotated[int, typer.Option(min=1, help="Fresh episodes, each played again in every arm.")] = 256,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint; by default the run's last one.")] = None,
    planted: Annotated[
        str | None, typer.Option(metavar="LANGUAGE:LISTENER", help="Scripted agents in babel, instead of a run.")
    ] = None,
    seed: Seed = 0,
    nulls: Annotated[int, typer.Option("--nulls", min=39, help="Draws of each null distribution.")] = 199,
    as_json: Json = False,
) -> None:
    """Show agents kin, or strangers, all else being equal: whom do they tell, lie to and heed, and does it pay them?

    \b
      commlab kinship rivals                           two families on one channel
      commlab kinship rivals --shown 0,0.125,0.25,1    other levels
      commlab kinship --planted lying:obeying          agents that are known to lie to strangers
      commlab kinship --json                           {"speaker": "lies to strangers", "listener": ..., ...}
    """
    from commlab.commands.kinship import Asked
    from commlab.commands.kinship import kinship as run_kinship

    run_kinship(run, Asked(shown, checkpoint, planted, episodes, seed, nulls), as_json, command_line())
