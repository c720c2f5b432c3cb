"""The live session: its twin, when words act, to whom they go, and that all of it can be played again."""

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import from_json
from commlab.agents.plan import make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Returns, Rollout
from commlab.agents.scripted.policy import Planted, plant
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.types import VIEW, Slot
from commlab.foundation.errors import CommlabError
from commlab.probes.cause.twins import tried_cells
from commlab.talk.conversation import Conversation
from commlab.talk.protocol import SayWish
from commlab.talk.session import LIVE, TALKS, TWIN, Session
from commlab.talk.speech import Say

SCOUT, GATHERER = 0, 1


def untrained(name: str) -> Checkpoint:
    scenario = load_scenario(name)
    return Checkpoint(RecurrentPolicy(scenario, 16), scenario, {}, "untrained")


def alike(session: Session) -> bool:
    """Whether the live world and its twin are the same to the last bit, and so is what agents observe."""
    worlds = (*session.world, *session.rollout.worlds.observation)
    return all(np.array_equal(array[LIVE], array[TWIN]) for array in worlds if array.shape[0])


@pytest.mark.parametrize("name", ["arena", "rivals", "lookout-held-out"])
def test_without_words_the_twin_is_the_same_to_the_last_bit(name: str) -> None:
    session = Session(untrained(name))
    for _ in range(30):
        session.step()
        assert alike(session)


def test_trained_and_scripted_agents_have_the_same_twin(sample, planted_agents: Planted) -> None:  # type: ignore[no-untyped-def]
    for agents in (sample.agents, planted_agents):
        session = Session(agents, episode=4)
        while not session.over:
            session.step()
            assert alike(session)


def test_a_phantom_is_heard_at_once_and_acts_in_the_next_step(sample) -> None:  # type: ignore[no-untyped-def]
    session = Session(sample.agents)
    for _ in range(5):
        session.step()
    before = session.ahead().logits.copy()
    session.say(Say((14,), to=GATHERER))
    observation, after = session.rollout.worlds.observation, session.ahead().logits
    assert session.t == 5
    assert observation.heard[LIVE, GATHERER, 0].tolist() == [14]
    assert observation.speaker[LIVE, GATHERER, 0] == -1
    assert not np.array_equal(after[LIVE, GATHERER], before[LIVE, GATHERER])
    for array in (after, before):
        assert np.array_equal(array[TWIN], before[TWIN])
    assert np.array_equal(after[LIVE, SCOUT], before[LIVE, SCOUT])


def test_the_message_changes_the_action_of_the_very_next_step(planted_agents: Planted) -> None:
    """Over episodes, an obeying gatherer turns elsewhere in the very step in which it is told."""
    turned, words = 0, [int(form) for form in planted_agents.facts["scripted"]["entries"]]
    for episode in range(24):
        told, other = (Session(planted_agents, episode=episode) for _ in range(2))
        for session in (told, other):
            for _ in range(3):
                session.step()
        told.say(Say((words[episode % len(words)],), to=GATHERER))
        turned += told.step().action[LIVE, GATHERER] != other.step().action[LIVE, GATHERER]
    assert turned >= 5


def test_what_an_agent_is_made_to_say_goes_into_the_air_in_the_next_step(sample) -> None:  # type: ignore[no-untyped-def]
    session = Session(sample.agents)
    session.step()
    session.say(Say((9,), speaker=SCOUT, steps=2))
    assert session.step().said[:, SCOUT, 0].tolist()[LIVE] == 9
    assert session.rollout.worlds.observation.heard[LIVE, GATHERER, 0].tolist() == [9]
    assert session.step().said[LIVE, SCOUT, 0] == 9
    third = session.step().said[:, SCOUT, 0]
    assert third[LIVE] == session.last.said[LIVE, SCOUT, 0]
    own = Session(sample.agents)
    for _ in range(4):
        step = own.step()
    assert third[TWIN] == step.said[LIVE, SCOUT, 0]  # the twin's scout says what it would have said


def test_a_message_ends_when_it_was_to_end(sample) -> None:  # type: ignore[no-untyped-def]
    session = Session(sample.agents)
    session.say(Say((14,), steps=2))
    phantom = []
    for _ in range(4):
        phantom.append(session.rollout.worlds.observation.heard[LIVE, GATHERER, 0, 0] == 14)
        session.step()
    assert phantom[:2] == [True, True]
    assert session.rollout.worlds.observation.speaker[LIVE, GATHERER, 0] == SCOUT or not phantom[-1]


def hears(session: Session) -> list[list[int]]:
    """The speakers that each agent of the live world hears."""
    observation = session.rollout.worlds.observation
    there = observation.slots[LIVE, ..., Slot.PRESENT] > 0
    return [observation.speaker[LIVE, n][there[n]].tolist() for n in range(len(there))]


def test_words_go_to_all_to_one_and_to_a_family() -> None:
    agents = untrained("rivals")
    families = agents.scenario.families
    for to, meant in (("all", {0, 1, 2, 3}), (2, {2}), ("family:1", {n for n, f in enumerate(families) if f == 1})):
        session = Session(agents)
        session.say(Say((5,), to=to))
        assert {n for n, heard in enumerate(hears(session)) if -1 in heard} == meant


def test_who_is_not_spoken_to_does_not_hear_the_agent_that_speaks() -> None:
    agents = untrained("rivals")
    session = Session(agents)
    session.step()
    session.say(Say((5,), speaker=0, to=1, steps=3))
    for _ in range(3):
        session.step()
        heard = hears(session)
        assert 0 in heard[1]
        assert not any(0 in heard[n] for n in (2, 3))
    session.step()
    assert session.rollout.t == 5


def test_alone_means_that_nothing_else_is_heard() -> None:
    agents = untrained("rivals")
    for say in (Say((5,), alone=True), Say((0,))):
        session = Session(agents)
        for _ in range(3):
            session.step()
        session.say(say)
        assert hears(session) == [[-1]] * 4 if any(say.symbols) else [[]] * 4
    session = Session(agents)
    session.step()
    session.say(Say((5,), speaker=0, to=1, alone=True, steps=2))
    session.step()
    assert hears(session)[1] == [0]


def test_a_phantom_has_the_kinship_that_is_declared() -> None:
    session = Session(untrained("rivals"))
    session.say(Say((5,), to=0, kinship=-0.5))
    assert session.rollout.worlds.observation.slots[LIVE, 0, 0, Slot.KINSHIP] == -8


@pytest.mark.parametrize(
    ("say", "part"),
    [
        (Say((16,)), "Symbols are 0 (silence) to 15"),
        (Say((1, 2)), "Messages here have 1 symbols, not 2"),
        (Say((1,), speaker=2), "as an agent from 0 to 1"),
        (Say((1,), to=7), "to an agent from 0 to 1"),
        (Say((1,), to="family:9"), "the families are family:0"),
        (Say((1,), to="everyone"), "One speaks to all"),
        (Say((1,), speaker=1, to=1), "does not hear itself"),
        (Say((1,), steps=0), "goes on for 1 to 64 steps"),
        (Say((1,), kinship=2.0), "kinship lies in -1 to 1"),
    ],
)
def test_wrong_words_are_refused_in_a_sentence(sample, say: Say, part: str) -> None:  # type: ignore[no-untyped-def]
    session = Session(sample.agents)
    with pytest.raises(CommlabError, match=r"\.$") as error:
        session.say(say)
    assert part in str(error.value)
    assert session.spoken == []
    session.step()


def converse(session: Session, words: dict[int, Say], n_steps: int) -> list[int]:
    """Speak at those steps; return the marks of all steps."""
    marks = []
    for t in range(n_steps):
        if t in words:
            session.say(words[t])
        marks.append(session.step().mark)
    return marks


WORDS = {
    0: Say((14,), to=GATHERER),
    7: Say((9,), to="all", steps=3),
    8: Say((10,), speaker=SCOUT, steps=20),
    9: Say((11,), to=GATHERER, kinship=0.0, alone=True),
    25: Say((0,), to="family:0", steps=5),
}


def test_the_same_words_give_the_same_session(sample) -> None:  # type: ignore[no-untyped-def]
    first = converse(Session(sample.agents, 1, 5), WORDS, 50)
    again = Session(sample.agents, 1, 8)
    converse(again, {3: Say((1,))}, 20)
    again.restart(5)
    assert converse(again, WORDS, 50) == first
    other = Session(sample.agents, 2, 5)
    assert converse(other, WORDS, 50) != first
    other.restart(5, seed=1)
    assert converse(other, WORDS, 50) == first


def test_the_interventions_alone_give_the_same_episode(sample) -> None:  # type: ignore[no-untyped-def]
    """What was said live, step by step, is the same as interventions that were there from the beginning."""
    session = Session(sample.agents, 1, 5)
    places = []
    for t in range(50):
        if t in WORDS:
            session.say(WORDS[t])
        session.step()
        places.append([session.world.row[LIVE].tolist(), session.world.column[LIVE].tolist()])
    changes, n_worlds = from_json(session.interventions_json()), session.rollout.worlds.n_worlds
    assert changes == session.changes
    worlds = WorldBatch(session.scenario, n_worlds, TALKS + 1)
    plan = make_plan([changes, *[()] * (n_worlds - 1)], session.scenario.steps, 2, 1)
    rollout = Rollout(worlds, sample.agents.policy, plan)
    rollout.begin(np.full(n_worlds, 5))
    for place in places:
        rollout.step(Returns(n_worlds, 2))
        assert [worlds.world.row[LIVE].tolist(), worlds.world.column[LIVE].tolist()] == place


def test_the_twin_never_hears_a_person(sample) -> None:  # type: ignore[no-untyped-def]
    session, untouched = Session(sample.agents, 1, 5), Session(sample.agents, 1, 5)
    for t in range(50):
        if t in WORDS:
            session.say(WORDS[t])
        session.step()
        untouched.step()
        for mine, theirs in zip(session.world, untouched.world, strict=True):
            assert np.array_equal(mine[TWIN], theirs[LIVE])
    assert not alike(session)
    assert np.array_equal(session.total[TWIN], untouched.total[LIVE])


def test_an_episode_ends_and_the_next_begins(sample) -> None:  # type: ignore[no-untyped-def]
    talk = sample.talk()
    while not talk.session.over:
        talk.step()
    assert talk.session.t == 64
    with pytest.raises(CommlabError, match="Episode 0 is over; restart to begin episode 1"):
        talk.step()
    with pytest.raises(CommlabError, match="Episode 0 is over"):
        talk.session.say(Say((1,)))
    talk.restart()
    assert (talk.session.episode, talk.session.t) == (1, 0)
    with pytest.raises(CommlabError, match="no episode -1"):
        talk.restart(-1)


def tries(talk: Conversation, site: tuple[int, int], n_steps: int) -> list[bool]:
    """Whether the gatherer tries a site, in the live world and in the twin."""
    tried = [False, False]
    for _ in range(n_steps):
        world = talk.session.world
        position = (np.stack([world.row[:2, 1], world.column[:2, 1]], axis=-1) - VIEW).astype(np.int16)
        facing = world.facing[:2, 1].copy()
        talk.step()
        cells = tried_cells(position, facing, talk.session.last.action[:, 1]).tolist()
        tried = [before or tuple(cell) == site for before, cell in zip(tried, cells, strict=True)]
    return tried


PLACES = {"north": (1, 5), "south-east": (7, 7), "west": (5, 1), "north-west": (3, 3), "east": (5, 9)}


def test_an_obeying_agent_goes_where_a_person_sends_it(planted_talk: Conversation) -> None:
    went = []
    for meaning, site in PLACES.items():
        for episode in range(8):
            planted_talk.restart(episode)
            for _ in range(4):
                planted_talk.step()
            if planted_talk.session.world.energy[LIVE, GATHERER] == 0:  # else it brings home what it carries
                planted_talk.say(SayWish.model_validate({"to": 1, "meaning": f"crystal {meaning}", "for": 30}))
                went.append(tries(planted_talk, site, 16))
    told, twin = np.mean(went, axis=0)
    assert len(went) >= 15
    assert told >= 0.9
    assert twin <= 0.5


def test_a_deaf_agent_does_not_care() -> None:
    session = Session(plant("holistic", 3, "deaf", load_scenario("lookout")))
    for symbol in (3, 8, 10):
        session.say(Say((symbol,), steps=10))
        for _ in range(10):
            step = session.step()
            assert np.array_equal(step.action[LIVE], step.action[TWIN])
