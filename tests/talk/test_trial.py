"""Lines as experiments: who obeys is found out with a p-value, and who is deaf, too."""

import pytest

from commlab.agents.scripted.policy import plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CommlabError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.experiment.file import parse_experiment
from commlab.talk.conversation import Conversation
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.protocol import Experiment, SayWish
from commlab.talk.trial import Trier, experiment_of, place_of


def line_of(talk: Conversation, n_steps: int, **given: object) -> dict:  # type: ignore[type-arg]
    """The line of something said after some steps."""
    for _ in range(n_steps):
        talk.step()
    talk.say(SayWish.model_validate(given))
    return talk.transcript.lines[-1]


def wish(**given: object) -> Experiment:
    """An experiment that is asked for."""
    return Experiment.model_validate({"type": "experiment", "line": 0, "episodes": 48, **given})


def try_line(talk: Conversation, line: dict, **given: object) -> Result:  # type: ignore[type-arg]
    """The result of a line's experiment."""
    seen: list[float] = []
    trier = Trier(RunFolder(talk.run), talk.session.agents)
    result, path = trier.experiment(line, wish(**given), talk.observer.book, seen.append)
    assert seen[-1] == 1
    assert path.parent == talk.run / "results"
    assert Result.load(path).sentence == result.sentence
    parse_experiment(result.details["experiment"])  # can be run again by itself
    return result


def test_an_obeying_listener_goes_there_and_a_deaf_one_does_not(planted_talk: Conversation, planted_lexicon) -> None:  # type: ignore[no-untyped-def]
    line = line_of(planted_talk, 0, to=1, meaning="crystal west")
    for versus in ("other-episode", "silence"):
        found = try_line(planted_talk, line, versus=versus)
        assert found.estimate is not None
        assert found.estimate > 0.5
        assert found.p_value is not None
        assert found.p_value < 0.05
        assert "goes there first" in found.sentence
    agents = plant("holistic", 3, "deaf", load_scenario("lookout"))
    deaf = Conversation(planted_talk.run, agents, Phrasebook(planted_lexicon, 1), frozenset({0}))
    found = try_line(deaf, line_of(deaf, 0, to=1, meaning="crystal west"))
    assert found.estimate == 0
    assert found.p_value == 1


def test_speaking_as_the_scout_works_the_same(planted_talk: Conversation) -> None:
    found = try_line(planted_talk, line_of(planted_talk, 0, **{"as": 0, "meaning": "crystal west"}))
    assert found.estimate is not None
    assert found.estimate > 0.5
    assert found.name.startswith("talk-")


def test_the_experiment_says_the_same_to_the_same_for_as_long(planted_talk: Conversation) -> None:
    line = line_of(planted_talk, 6, to=1, symbols=[5], kinship=0.25, **{"for": 7})
    made = experiment_of(line, wish(), None, 64)
    told = made.arms["told"][0]
    assert (told.site, told.agents, told.symbol, told.kinship) == ("message.in", (1,), (5,), 0.25)
    assert (told.first, told.last) == (0, 6)
    assert made.listener == (1,)
    assert made.moment in ("empty-handed", 6)
    assert list(made.measures) == ["change of what it does next"]
    silent = line_of(planted_talk, 0, to=1, symbols=[0])
    made = experiment_of(silent, wish(versus="silence"), None, 64)
    assert made.arms["told"][0].operation == "mute"
    assert made.compared[0].against == "other episode"


def test_an_agents_words_count_when_they_are_heard(planted_talk: Conversation) -> None:
    line = line_of(planted_talk, 0, **{"as": 0, "to": 1, "symbols": [5], "for": 4}) | {"others": [0, 2]}
    made = experiment_of(line, wish(), None, 64, delay=3)
    said, deaf = made.arms["told"]
    assert (said.first, said.last) == (0, 3)
    assert (deaf.first, deaf.last) == (3, 6)  # who is not spoken to hears nothing of it as it arrives
    assert made.measures["change of what it does next"].after == 3


def test_the_place_is_the_one_that_was_meant(planted_talk: Conversation) -> None:
    line = line_of(planted_talk, 0, meaning="crystal south-west")
    assert place_of(line, planted_talk.observer.book) == "SW"
    assert place_of(line, Phrasebook(None, 1)) is None
    unused = next(s for s in range(1, 16) if not planted_talk.observer.book.lexicon.meaning(s))  # type: ignore[union-attr]
    assert place_of(line_of(planted_talk, 0, symbols=[unused]), planted_talk.observer.book) is None


def test_other_lines_are_refused(planted_talk: Conversation) -> None:
    with pytest.raises(CommlabError, match="Only what a person said"):
        experiment_of(planted_talk.transcript.lines[0], wish(), None, 64)
