"""The report's claims in order: the question, the figure that answers it, the command for what is missing."""

import shlex
from itertools import groupby
from typing import Any, NamedTuple

from commlab.figures.effects import ANALYSES
from commlab.figures.report.evidence import Evidence
from commlab.figures.wording import plain
from commlab.foundation.result import Result

__all__ = ["CLAIMS", "IF_SAVED", "Claim", "Drawn", "claims_of", "command_for", "drawn_for"]


class Claim(NamedTuple):
    """One section of the report."""

    plot: str  # the figure's name
    analysis: str  # the results that it is drawn from; "" for the training curves
    title: str
    question: str
    command: str  # makes what is missing; RUN stands for the run's folder


CLAIMS = (
    Claim(
        "verdict", "verdict", "The verdict",
        "Do they say something, does anybody listen, is it of use, and do listeners do what was meant?",
        "commlab verdict RUN",
    ),
    Claim(
        "learning_curve", "", "Learning, with the channel and without",
        "Do agents that hear each other come to earn more than agents trained the same way with the channel muted?",
        "commlab train lookout",
    ),
    Claim(
        "use", "use", "What the messages are worth",
        "Do the trained agents earn less when they hear what was said in other episodes, or nothing?",
        "commlab demo",
    ),
    Claim(
        "influence", "influence", "Whether anybody listens",
        "How many bits of listeners' next action does it decide which message they hear?",
        "commlab influence RUN",
    ),
    Claim(
        "content", "content", "Whether they listen to what is meant",
        "Do listeners told a word of another episode go to what it was said of there?",
        "commlab verdict RUN",
    ),
    Claim(
        "lexicon_cards", "lexicon", "What each symbol means",
        "What goes with each symbol in the world, beyond chance, and where do listeners go that are told it?",
        "commlab lexicon RUN",
    ),
    Claim(
        "symbol_place", "information", "What is said when",
        "Does each symbol go with something in the world? Information alone is no evidence that anyone listens.",
        "commlab probe RUN --target=resource_location",
    ),
    Claim(
        "metrics", "metrics", "The language in numbers, beside chance",
        "Which numbers of the language are more than the same words said in other episodes would give?",
        "commlab metrics RUN",
    ),
    Claim(
        "probe_scores", "probe", "What can be decoded, and from where",
        "What can be read from messages and hidden states on episodes that the decoder has not seen?",
        "commlab probe RUN --target=resource_location",
    ),
    Claim(
        "probe_map", "probe map", "What can be read where",
        "Of all that happens in the world, what can be read from which source, how much before or after?",
        "commlab probe RUN --target=all",
    ),
    Claim(
        "minds", "minds", "Plans, and others",
        "Do hidden states tell of the agent's own future and of others, beyond what it went through?",
        "commlab minds RUN",
    ),
    Claim(
        "clusters", "cluster", "Kinds of contexts",
        "Do the states in which agents speak fall into kinds, and what goes with each of them?",
        "commlab cluster RUN --picture",
    ),
    Claim(
        "formation", "formation", "How the language formed",
        "When did messages begin to tell of the world, and when did each come to mean what it means now?",
        "commlab formation RUN",
    ),
    Claim(
        "behaviour", "behaviour", "Where they are and where they go",
        "Does it depend on what agents heard last where they are, and where they go from there?",
        "commlab behaviour RUN",
    ),
    Claim(
        "trajectories", "trajectories", "What a word does to hidden states",
        "Do hidden states take different courses after different messages, and from which step on?",
        "commlab trajectories RUN",
    ),
    Claim(
        "forest", "", "All experiments in one figure",
        "What does changing something make of what agents do, and which of it is no more than chance gives?",
        "commlab inject RUN",
    ),
    Claim(
        "injection_effect", "injection", "What an injected message does",
        "Do listeners act differently when they are told something, all else being equal?",
        "commlab inject RUN",
    ),
    Claim(
        "symbol_destinations", "destinations", "Where each symbol sends its listeners",
        "Do listeners go to the place that a symbol names, though the crystal is elsewhere?",
        "commlab inject RUN",
    ),
    Claim(
        "dose", "dose", "Which words, from whom, when and how long",
        "Does the effect of a word depend on the symbol, the listener, the speaker's kinship, the moment or the dose?",
        "commlab inject RUN --by symbol",
    ),
    Claim(
        "experiment", "experiment", "Experiments",
        "What do the experiments that were run from files find?",
        "commlab inject RUN --file a-word",
    ),
    Claim(
        "understanding", "understanding", "Understanding",
        "Told the speakers' own word for a place, how often do listeners go there first?",
        "commlab talk RUN --score",
    ),
    Claim(
        "crossplay", "crossplay", "Cross-play",
        "Do listeners understand speakers that they did not grow up with?",
        "commlab crossplay RUN --checkpoints 3",
    ),
    Claim(
        "patching", "patching", "The hidden state of another episode",
        "Do agents do what another episode called for when they are given their hidden state of that episode?",
        "commlab patch RUN",
    ),
    Claim(
        "steering", "steering", "Steered from inside",
        "Does what leads from one value to another in hidden states lead agents there too?",
        "commlab steer RUN",
    ),
    Claim(
        "erasure", "erasure", "What agents cannot do without",
        "What do agents lose when a target is erased from their hidden states, and where does it come back?",
        "commlab erase RUN",
    ),
    Claim(
        "audience", "audience", "Who talks to whom",
        "Who is heard by whom, and do agents speak more where kin can hear them than where strangers can?",
        "commlab audience RUN",
    ),
    Claim(
        "kinship", "kinship", "Kin and strangers",
        "All else being equal, do agents tell strangers, lie to them or heed them otherwise than kin?",
        "commlab kinship RUN",
    ),
    Claim(
        "honesty", "honesty", "Honesty",
        "Is more of what strangers are told false, do they heed it, and does it bring the speaker anything?",
        "commlab kinship RUN",
    ),
    Claim(
        "kinship_beliefs", "kinship-beliefs", "Who is kin, in hidden states",
        "Do hidden states hold who is kin, and does it move them to be shown kin instead of strangers?",
        "commlab kinship RUN",
    ),
)  # fmt: skip
# Rows of dots, which are drawn where something could be measured.
DOTS = ("influence", "content", "metrics", "minds", "kinship_beliefs")
# Not asked of every run: a map takes long, and in some runs there are no strangers.
IF_SAVED = ("forest", "probe_map", "audience", "kinship", "honesty", *DOTS)


class Drawn(NamedTuple):
    """One figure to draw: the name of its files, its data, and the results whose sentences stand above it."""

    stem: str
    data: Any
    results: tuple[Result, ...]


def claims_of(evidence: Evidence) -> list[Claim]:
    """The claims that a run's report has sections for."""
    return [claim for claim in CLAIMS if claim.plot not in IF_SAVED or drawn_for(claim, evidence)]


def drawn_for(claim: Claim, evidence: Evidence) -> list[Drawn]:
    """The figures that a claim's saved data allow: one a result, one a unit for probes, none where nothing is saved."""
    if claim.plot == "learning_curve":
        return [Drawn(claim.plot, evidence.curves, ())] if evidence.curves else []
    if claim.plot == "forest":
        experiments = tuple(result for result in evidence.results if result.analysis in ANALYSES)
        return [Drawn(claim.plot, experiments, ())] if len(experiments) > 1 else []
    results = evidence.of(claim.analysis)
    if claim.plot in DOTS:
        results = tuple(result for result in results if result.estimate is not None)
    if claim.plot == "metrics":  # their sentences stand in a table of their own
        return [Drawn(claim.plot, results, ())] if any(result.null for result in results) else []
    if claim.plot == "honesty":
        beside = evidence.of("kinship")[:1]
        return [Drawn(numbered(claim.plot, i), (result, *beside), (result,)) for i, result in enumerate(results)]
    if claim.plot == "lexicon_cards":
        beside = evidence.of("destinations")
        return [Drawn(numbered(claim.plot, i), (result, *beside), (result,)) for i, result in enumerate(results)]
    if claim.plot == "clusters":
        results = tuple(result for result in results if "picture" in result.details)
    if claim.plot == "probe_scores":
        units = [tuple(group) for _, group in groupby(sorted(results, key=lambda r: r.unit), key=lambda r: r.unit)]
        return [Drawn(numbered(claim.plot, i), group, group) for i, group in enumerate(units)]
    return [Drawn(numbered(claim.plot, i), result, (result,)) for i, result in enumerate(results)]


def numbered(name: str, index: int) -> str:
    """The first keeps the plain name, later ones are numbered from 2."""
    return name if index == 0 else f"{name}-{index + 1}"


def command_for(claim: Claim, evidence: Evidence) -> str:
    """The command that would make what a claim lacks, for this run."""
    return claim.command.replace("RUN", shlex.quote(plain(evidence.run.path, 300)))
