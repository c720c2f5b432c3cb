"""The moments that findings show: they lie where they say, and what their notes tell is so."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.targets import find_target
from commlab.datasets.targets.blocks import label
from commlab.foundation.moments import Moment, moments_of
from commlab.foundation.run import SAMPLE
from commlab.probes.decode import information, probe
from commlab.probes.decode.clusters import fit as fit_clusters
from commlab.probes.decode.lexicon import Lexicon
from commlab.probes.decode.lexicon import fit as fit_lexicon

TARGET = "resource_location"


@pytest.fixture(scope="module")
def recording() -> Iterator[Recording]:
    """The recording that ships with commlab."""
    with open_recording(SAMPLE / "recording.h5") as opened:
        yield opened


def row_of(recording: Recording, moment: Moment) -> int:
    """The recording's row of a moment, which is one."""
    assert moment.recording == "recording.h5"
    assert moment.reel == str(moment.episode)
    assert moment.step < recording.episodes.length[moment.episode]
    return int(recording.episodes.start[moment.episode]) + moment.step


def value_at(recording: Recording, moment: Moment, target: str = TARGET) -> str | None:
    """What a target is at a moment, None where it has no value."""
    found = label(recording, find_target(target, recording), range(recording.n_agents))
    row, agent = row_of(recording, moment), moment.agents[0]
    return found.names[int(found.values[row, agent])] if found.valid[row, agent] else None


def said_at(recording: Recording, moment: Moment) -> int:
    """What is said at a moment."""
    return int(recording["channel/said"][row_of(recording, moment), moment.agents[0]][0])


def told(note: str, pattern: str) -> tuple[Any, ...]:
    """What a note tells."""
    found = re.search(pattern, note)
    assert found, note
    return found.groups()


def test_a_probe_shows_the_first_step_read_rightly_and_the_first_read_wrongly(recording: Recording) -> None:
    right, wrong = moments_of(probe.fit(recording, TARGET, n_null=5))
    for moment, is_right in ((right, True), (wrong, False)):
        symbol, read, own = told(moment.note, r"says (\d+): resource_location read as (\w+), it is (\w+)")
        assert int(symbol) == said_at(recording, moment)
        assert own == value_at(recording, moment)
        assert (read == own) is is_right
    assert re.search(r"\(the first of [\d,]+ steps that have been read rightly\)$", right.note)
    assert re.search(r"\(the first of [\d,]+ steps that have not been read rightly\)$", wrong.note)


def test_a_probe_of_numbers_says_how_near_it_came(recording: Recording) -> None:
    found = moments_of(probe.fit(recording, "own_energy", "hidden", "listeners", n_null=5))
    for moment in found:
        read, own, mean = map(float, told(moment.note, r"read as (\S+), it is (\S+) \(mean (\S+)\)"))
        energy = recording["agents/energy"][row_of(recording, moment), moment.agents[0]]
        assert own == pytest.approx(float(energy), rel=0.01)
        assert (abs(read - own) < abs(mean - own)) is ("not been" not in moment.note)


def test_information_shows_a_message_said_as_usual_and_one_that_is_not(recording: Recording) -> None:
    result = information.fit(recording, TARGET, n_null=5)
    table = np.array(result.details["counts"])
    symbols, values = result.details["symbols"], result.details["values"]
    usual, other = moments_of(result)
    for moment, is_usual in ((usual, True), (other, False)):
        symbol, own = told(moment.note, r"says (\w+), resource_location is (\w+)")
        assert int(symbol) == said_at(recording, moment)
        assert own == value_at(recording, moment)
        assert (values[table[symbols.index(symbol)].argmax()] == own) is is_usual


def test_the_lexicon_shows_a_use_that_held_and_one_that_did_not(recording: Recording) -> None:
    result = fit_lexicon(recording, targets=[TARGET], n_null=19)
    book = Lexicon.from_result(result)
    moments = moments_of(result)
    known = [entry for entry in book.entries if entry.meaning]
    assert len(moments) == sum(bool(entry.examples) + bool(entry.exceptions) for entry in known) > 6
    for moment in moments:
        form, word = told(moment.note, r"says (\d+) \(.*\), the first use at which that (held|did not hold)")
        assert int(form) == said_at(recording, moment)
        is_so = (TARGET, value_at(recording, moment)) in book.entry(form).meaning
        assert is_so is (word == "held")


def test_each_cluster_shows_its_most_typical_step(recording: Recording) -> None:
    result = fit_clusters(recording, k=4, n_null=19, n_resamples=2)
    moments = moments_of(result)
    assert [told(moment.note, r"cluster (\d)")[0] for moment in moments] == list("1234")
    assert len({(moment.episode, moment.step) for moment in moments}) == 4
    for moment in moments:
        row_of(recording, moment)
