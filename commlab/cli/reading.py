"""Commands that read a language: lexicon, metrics, information, audience, cluster, minds, formation."""

from typing import Annotated

import typer

from commlab.cli import completing
from commlab.cli.options import AnyRecording, Json, Nulls, Of, Run, Seed, command_line

__all__ = ["audience", "cluster", "formation", "information", "lexicon", "metrics", "minds"]


def lexicon(
    run: AnyRecording = None,
    of: Of = None,
    targets: Annotated[
        str | None,
        typer.Option(
            help="What it may be about, with commas; left out: all that fit. See probe --targets.",
            autocompletion=completing.targets,
        ),
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


def metrics(
    run: AnyRecording = None,
    targets: Annotated[
        str | None,
        typer.Option(
            help="Classes that messages may be about, with commas; see probe --targets.",
            autocompletion=completing.targets,
        ),
    ] = None,
    of: Of = None,
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


def information(
    run: AnyRecording = None,
    target: Annotated[
        str,
        typer.Option(help="What the messages may be about; see probe --targets.", autocompletion=completing.targets),
    ] = "resource_location",
    of: Of = None,
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
      commlab information --given other_position                       beyond what the nearest other agent's place tells
      commlab information --by-kinship                                apart for what kin and strangers heard
    """
    from commlab.commands.information import Wish
    from commlab.commands.information import information as run_information

    run_information(run, Wish(target, of, lag, nulls, seed, given, by_kinship), as_json)


def audience(run: AnyRecording = None, nulls: Nulls = 199, seed: Seed = 0, as_json: Json = False) -> None:
    """Count who is heard by whom, how often, by kinship, and tell whether agents speak more where kin can hear them.

    \b
      commlab audience                 the last completed run
      commlab audience game.h5         an imported log that says who heard whom
      commlab audience rivals --json   for programs
    """
    from commlab.commands.audience import audience as run_audience

    run_audience(run, nulls, seed, as_json)


def cluster(
    run: AnyRecording = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="hidden.<name> (the default, where recorded), world or observation.",
            autocompletion=completing.contexts,
        ),
    ] = None,
    of: Of = None,
    k: Annotated[int | None, typer.Option("--k", min=2, help="Clusters; by default the most that recur.")] = None,
    method: Annotated[str, typer.Option(help="kmeans or hdbscan.")] = "kmeans",
    every_step: Annotated[
        bool | None,
        typer.Option("--every-step/--spoken", help="Silent steps too; by default so for hidden states."),
    ] = None,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            "--target", help="Hold clusters against this; may be repeated.", autocompletion=completing.targets
        ),
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


def minds(
    run: AnyRecording = None,
    targets: Annotated[
        str | None,
        typer.Option(
            "--targets",
            help="Names with commas, instead of the agent's own future and others.",
            autocompletion=completing.targets,
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(help="hidden, or hidden.<name>.", autocompletion=completing.sources)
    ] = "hidden",
    of: Of = None,
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
    from commlab.commands.names import names_in
    from commlab.probes.decode.minds import MINDS

    names = MINDS if targets is None else tuple(names_in(targets, "--targets", "own_next_action,danger"))
    question = Minds(names, source, of, with_heard, in_view, n_folds=folds, n_null=nulls, seed=seed)
    run_minds(run, question, as_json)


def formation(
    run: Run = None,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            help="What messages may be about; may be repeated, the first leads.",
            autocompletion=completing.targets,
        ),
    ] = None,
    of: Of = None,
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
    from commlab.commands.formation import Wish
    from commlab.commands.formation import formation as run_formation

    wish = Wish(tuple(targets) if targets else None, of, episodes, nulls, seed, most)
    run_formation(run, wish, as_json, command_line())
