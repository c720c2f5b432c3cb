"""What a run knows of its agents' language: who speaks it, what it means, and what hidden states tell."""

from __future__ import annotations

from typing import NamedTuple

from commlab.datasets.reader import open_recording
from commlab.env.scenario import Scenario
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder, find_recording
from commlab.probes.decode.lexicon import Lexicon
from commlab.probes.decode.lexicon import fit as fit_lexicon
from commlab.probes.decode.sources import find_agents
from commlab.recording import Playable
from commlab.talk.mind import Mind, fit_mind
from commlab.talk.phrasebook import Phrasebook

__all__ = ["MAKING", "Known", "learn_language", "learn_minds", "nothing_known", "saved_language"]

MAKING = "The lexicon is being made from the run's recording …"
LEXICON = "lexicon.json"


class Known(NamedTuple):
    """A phrasebook, and the agents whose language it is."""

    book: Phrasebook
    speaks: frozenset[int]


def nothing_known(scenario: Scenario, note: str) -> Known:
    """Return what is known without a lexicon: raw symbols, which anybody may say."""
    return Known(Phrasebook(None, scenario.channel.length, note), frozenset(range(scenario.n_agents)))


def saved_language(run: RunFolder, agents: Playable) -> Known | None:
    """Return what `commlab lexicon` has saved of these very agents, None where it has not."""
    try:
        saved = Result.load(run.results / LEXICON)
        if saved.provenance.get("checkpoint") != agents.sha256:
            return None
        return Known(Phrasebook(Lexicon.from_result(saved), agents.scenario.channel.length), speakers_of(run, agents))
    except CommlabError:
        return None


def learn_language(run: RunFolder, agents: Playable) -> Known:
    """Return the language of these agents, from what is saved or else from their recording, and save it.

    Where there is no recording of them, or nothing is said in it, raw symbols are all there is, and the note says why.
    """
    known = saved_language(run, agents)
    if known is not None:
        return known
    try:
        path = find_recording(run.path)
        speaks = speakers_of(run, agents)
        with open_recording(path) as recording:
            result = fit_lexicon(recording, results=run.results)
            lexicon = Lexicon.from_result(result)
        result.save(run.results)
    except CommlabError as error:
        return nothing_known(agents.scenario, f"There is no lexicon: {error}")
    return Known(Phrasebook(lexicon, agents.scenario.channel.length), speaks)


def learn_minds(run: RunFolder, agents: Playable) -> Mind:
    """Return probes of hidden states, fitted to the run's recording; without one, a note says why there are none."""
    try:
        with open_recording(find_recording(run.path)) as recording:
            return fit_mind(recording, agents.scenario.agent_bodies, agents.sha256)
    except CommlabError as error:
        return Mind({}, f"Hidden states cannot be read: {error}")


def speakers_of(run: RunFolder, agents: Playable) -> frozenset[int]:
    """Return whose language the lexicon is. Raises DataError where the recording is of other agents."""
    with open_recording(find_recording(run.path)) as recording:
        if recording.attrs.get("checkpoint_sha256") != agents.sha256:
            raise DataError(f"{recording.path} is of another checkpoint; record these agents anew.")
        return frozenset(find_agents(recording, "speakers", "speakers").indices)
