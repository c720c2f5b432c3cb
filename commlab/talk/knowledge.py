"""What a run knows of its agents' language: who speaks it, what it means, and what hidden states tell."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from commlab.datasets.reader import open_recording
from commlab.env.scenario import Scenario
from commlab.foundation.errors import CommlabError, DataError, DiskError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder, find_recording
from commlab.probes.decode.lexicon import Lexicon
from commlab.probes.decode.lexicon import fit as fit_lexicon
from commlab.probes.decode.sources import find_agents
from commlab.talk.mind import Mind, fit_mind
from commlab.talk.phrasebook import Phrasebook

__all__ = ["MAKING", "Known", "Who", "learn_apart", "learn_language", "learn_minds", "nothing_known", "saved_language"]

MAKING = "The lexicon is being made from the run's recording …"
LEXICON = "lexicon.json"


class Who(NamedTuple):
    """Which agents are meant."""

    scenario: Scenario
    sha256: str  # of their checkpoint


class Known(NamedTuple):
    """A phrasebook, and the agents whose language it is."""

    book: Phrasebook
    speaks: frozenset[int]


def nothing_known(scenario: Scenario, note: str) -> Known:
    """Return what is known without a lexicon: raw symbols, which anybody may say."""
    return Known(Phrasebook(None, scenario.channel.length, note), frozenset(range(scenario.n_agents)))


def saved_language(run: RunFolder, who: Who) -> Known | None:
    """Return what `commlab lexicon` has saved of these very agents, None where it has not."""
    try:
        saved = Result.load(run.results / LEXICON)
        if saved.provenance.get("checkpoint") != who.sha256:
            return None
        return Known(Phrasebook(Lexicon.from_result(saved), who.scenario.channel.length), speakers_of(run, who))
    except CommlabError:
        return None


def learn_language(run: RunFolder, who: Who) -> Known:
    """Return the language of these agents, from what is saved or else from their recording, and save it.

    Where there is no recording of them, or nothing is said in it, raw symbols are all there is, and the note says why.
    """
    known = saved_language(run, who)
    if known is not None:
        return known
    try:
        path = find_recording(run.path)
        speaks = speakers_of(run, who)
        with open_recording(path) as recording:
            result = fit_lexicon(recording, results=run.results)
            lexicon = Lexicon.from_result(result)
    except CommlabError as error:
        return nothing_known(who.scenario, f"There is no lexicon: {error}")
    with suppress(DiskError):  # a run that cannot be written to can be talked with
        result.save(run.results)
    return Known(Phrasebook(lexicon, who.scenario.channel.length), speaks)


def learn_minds(run: RunFolder, who: Who) -> Mind:
    """Return probes of hidden states, fitted to the run's recording; without one, a note says why there are none."""
    try:
        with open_recording(find_recording(run.path)) as recording:
            return fit_mind(recording, who.scenario.agent_bodies, who.sha256)
    except CommlabError as error:
        return Mind({}, f"Hidden states cannot be read: {error}")


def learn_apart(run: RunFolder, who: Who, language: bool, tell: Callable[[Known | None, Mind | None], None]) -> None:
    """Learn in a process of its own, so that the conversation need not wait; `tell` hears of each part in turn.

    It ends when this process does. Returns when all is learnt.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_learn, args=(there, run, who, language), name="learn", daemon=True)
    process.start()
    there.close()
    try:
        while True:
            tell(*here.recv())
    except EOFError:
        process.join()
        if process.exitcode:
            tell(None, Mind({}, "Hidden states cannot be read: the probes could not be fitted."))


def _learn(there: Connection, run: RunFolder, who: Who, language: bool) -> None:
    """Learn, and send it to the process that waits for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the conversation
    if hasattr(os, "nice"):
        os.nice(10)
    with there:
        if language:
            there.send((learn_language(run, who), None))
        there.send((None, learn_minds(run, who)))


def speakers_of(run: RunFolder, who: Who) -> frozenset[int]:
    """Return whose language the lexicon is. Raises DataError where the recording is of other agents."""
    with open_recording(find_recording(run.path)) as recording:
        if recording.attrs.get("checkpoint_sha256") != who.sha256:
            raise DataError(f"{recording.path} is of another checkpoint; record these agents anew.")
        return frozenset(find_agents(recording, "speakers", "speakers").indices)
