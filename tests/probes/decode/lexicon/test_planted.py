"""Planted languages are read as they were planted, and nothing is read in noise."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from commlab.probes.decode.lexicon.speech import Speech, Variable

EXPECTED_UNIT = {"compositional": "symbol", "positional": "position"}
LANGUAGES = (
    "holistic", "holistic-2", "compositional", "positional", "synonymous", "polysemous", "context", "kin-only", "lying",
    "distractor",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_of_a_planted_language_is_read_exactly(tables: Any, language: str) -> None:
    planted = tables.plant(language, seed=11, n_episodes=192 if language == "distractor" else 96)
    found = tables.read(planted, n_null=99)
    hits, total = tables.recovery(planted, found)
    assert total >= 4
    assert hits == total
    assert found.unit == EXPECTED_UNIT.get(language, "message")
    about = {found.targets[k].name for k in found.about.chosen}
    assert about == {target for meaning in planted.meaning.values() for target, _ in meaning}


@pytest.mark.parametrize("language", ["holistic", "positional", "polysemous"])
def test_noise_on_the_channel_does_not_blur_meanings(tables: Any, language: str) -> None:
    planted = tables.plant(language, seed=5, noise=0.25)
    found = tables.read(planted, n_null=99)
    hits, total = tables.recovery(planted, found)
    assert hits == total >= 4
    named = [entry for entry in found.entries if entry.meaning and entry.unit != "sequence"]
    truths = [entry.truth.share for entry in named]
    assert 0.7 < np.mean(truths) < 0.9


def test_several_speakers_share_a_language(tables: Any) -> None:
    planted = tables.plant("holistic", seed=2, n_agents=3, n_episodes=128, n_steps=48)
    found = tables.read(planted, n_null=99)
    hits, total = tables.recovery(planted, found)
    assert hits == total >= 20
    assert found.about.context is None


def test_speakers_with_codes_of_their_own_are_told_apart(tables: Any) -> None:
    planted = tables.plant("holistic", seed=3, n_agents=2, n_episodes=128)
    world = planted.targets[0].codes
    agent = np.arange(world.shape[1]) % 2 + np.zeros_like(world)
    said = (world + 3 * agent) % 8  # agent 1 says of a place what agent 0 says of another
    speech = Speech(said, np.arange(1, 9)[:, None], tuple(map(str, range(1, 9))), 2)
    context = Variable("speaker", agent, ("agent 0", "agent 1"))
    private = planted._replace(speech=speech, surroundings=planted.surroundings._replace(contexts=(context,)))
    found = tables.read(private, n_null=99)
    assert found.about.context.name == "speaker"
    first = found.entries[0]
    senses = {sense.values: sense.meaning for sense in first.senses}
    assert senses[("agent 0",)] == {("place", "N")}
    assert senses[("agent 1",)] == {("place", "SW")}


def test_a_context_gives_each_meaning_its_own_part(tables: Any) -> None:
    planted = tables.plant("context", seed=4)
    found = tables.read(planted, n_null=99)
    assert found.about.context.name == "kind"
    for entry in (entry for entry in found.entries if entry.unit != "sequence"):
        senses = {sense.values: sense for sense in entry.senses}
        assert set(senses) == {("green", "yellow"), ("red", "blue")}
        one, other = (sense.meaning for sense in senses.values())
        assert len(one) == len(other) == 1
        assert one | other == entry.meaning == planted.meaning[(entry.symbols, None)]
        assert entry.truth.share == 1  # held against the sense of its own context


def test_lies_are_true_to_kin_alone(tables: Any) -> None:
    found = tables.read(tables.plant("lying", seed=6), n_null=99)
    assert found.about.context.name == "audience"
    for entry in (entry for entry in found.entries if entry.meaning):
        assert entry.truth_to_kin.share == 1
        assert entry.truth_to_strangers.share == 0
        assert 0.3 < entry.truth.share < 0.7


@pytest.mark.parametrize("language", ["noise", "drifting"])
def test_in_noise_no_more_is_found_than_is_allowed(tables: Any, language: str) -> None:
    n = 30
    some = 0
    for seed in range(n):
        found = tables.read(tables.plant(language, seed, n_episodes=50, n_steps=32), seed, n_null=59)
        some += any(entry.meaning for entry in found.entries)
    assert some <= binom.ppf(0.999, n, 0.05)


def test_silence_means_nothing(tables: Any) -> None:
    found = tables.read(tables.plant("silent", seed=1, n_episodes=40), n_null=59)
    assert [entry.meaning for entry in found.entries] == [frozenset()]
    assert found.entries[0].silence


def test_equivalent_targets_are_ties_and_the_coarsest_is_named(tables: Any) -> None:
    planted = tables.plant("synonymous", seed=8)
    found = tables.read(planted, n_null=99)
    names = [target.name for target in found.targets]
    (chosen,) = found.about.chosen
    assert names[chosen] == "place"
    assert {names[k] for k in found.about.ties[chosen]} == {"cell", "turned"}
    entry = found.entries[0]
    ((_, place),) = entry.meaning
    cells = {value for _, value in entry.meaning_in("cell")}
    assert cells == {f"{place}{n}" for n in range(4)}
    assert len(entry.meaning_in("turned")) == 1


def test_a_finer_target_is_named_where_the_language_is_finer(tables: Any) -> None:
    planted = tables.plant("synonymous", seed=9, n_episodes=128)
    cell = planted.targets[1]
    speech = Speech(cell.codes, np.arange(1, 33)[:, None], tuple(map(str, range(1, 33))), 1)
    found = tables.read(planted._replace(speech=speech), n_null=99)
    assert [found.targets[k].name for k in found.about.chosen] == ["cell"]
    assert all(entry.meaning == {("cell", cell.names[entry.symbols[0] - 1])} for entry in found.entries)


def test_a_shared_clock_is_no_meaning(tables: Any) -> None:
    planted = tables.plant("noise", seed=1, n_episodes=60)
    clock = planted.targets[5].codes
    speech = Speech(np.array(clock), np.arange(1, 9)[:, None], tuple(map(str, range(1, 9))), 1)
    drifting = (clock + planted.targets[6].codes) % 12  # a walk that has a trend in time
    told = planted._replace(
        speech=speech, targets=[planted.targets[5], Variable("trend", drifting, planted.targets[6].names)]
    )
    found = tables.read(told, n_null=99)
    assert not any(entry.meaning for entry in found.entries)


def test_where_an_immobile_speaker_stands_is_no_meaning(tables: Any) -> None:
    planted = tables.plant("holistic", seed=3, n_agents=2, n_episodes=60)
    agent = np.arange(planted.speech.said.shape[1]) % 2 + np.zeros_like(planted.speech.said)
    said = np.where(agent == 0, planted.speech.said % 4, 4 + planted.speech.said % 4)  # each has words of its own
    speech = Speech(said, np.arange(1, 9)[:, None], tuple(map(str, range(1, 9))), 2)
    found = tables.read(
        planted._replace(speech=speech, targets=[Variable("stands", agent, ("left", "right"))]), n_null=99
    )
    assert not any(entry.meaning for entry in found.entries)


def test_what_listeners_do_about_a_message_is_no_part_of_its_meaning(tables: Any) -> None:
    planted = tables.plant("lying", seed=3)
    said = planted.speech.said
    rng = np.random.default_rng(0)
    since = np.maximum.accumulate(np.where(rng.random(said.shape) < 0.5, np.arange(said.shape[1]), 0), axis=1)
    obeyed = np.take_along_axis(np.roll(said, 1, axis=1), since, axis=1)  # a listener that goes where it was sent
    for reacts in (True, False):
        listener = Variable("listener", obeyed, tuple(map(str, range(8))), reacts)
        found = tables.read(planted._replace(targets=[planted.targets[0], listener]), n_null=99)
        about = [found.targets[k].name for k in found.about.chosen]
        assert about == ["place"] or not reacts


def test_one_or_the_other_is_told_from_both_at_once(tables: Any) -> None:
    planted = tables.plant("noise", seed=3, n_episodes=400)
    place, altar = planted.targets[0], planted.targets[4]
    rng = np.random.default_rng(1)
    of_place = rng.random(place.codes.shape) < 0.5
    said = np.where(of_place, place.codes, altar.codes)  # symbol 1: crystal in the north, or altar in the north
    speech = Speech(said, np.arange(1, 9)[:, None], tuple(map(str, range(1, 9))), 1)
    found = tables.read(planted._replace(speech=speech, targets=[place, altar]), n_null=99)
    for entry, name in zip(found.entries, place.names, strict=False):
        assert entry.meaning == {("place", name), ("altar", name)}
        assert not entry.together
        assert entry.truth.share == 1
    both = tables.read(tables.plant("holistic", seed=1), n_null=99)
    assert all(entry.together for entry in both.entries if entry.meaning)


def test_words_of_two_symbols_over_time_say_more_than_their_last(tables: Any) -> None:
    rng = np.random.default_rng(0)
    world = tables.make_world(rng, 192, 64)
    first, second = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([9, 9, 10, 10, 11, 11, 12, 12])
    step = np.arange(64) % 3
    messages = np.where(step == 0, 0, np.where(step == 1, first[world.place], second[world.place]))
    speech = Speech(messages, np.arange(13)[:, None], ("silence", *map(str, range(1, 13))), 1)
    planted = tables.Planted(speech, tables.variables(world), tables.Surroundings((), None), {})
    found = tables.read(planted, n_null=99)
    sequences = {entry.form: entry for entry in found.entries if entry.unit == "sequence"}
    right = {f"{first[p]} > {second[p]}": {("place", tables.PLACES[p])} for p in range(8)}
    told = {form: entry.meaning for form, entry in sequences.items() if entry.meaning}
    assert len(told) >= 4
    assert all(right[form] == meaning for form, meaning in told.items())


def test_a_sequence_of_a_state_that_goes_on_says_nothing_more(tables: Any) -> None:
    found = tables.read(tables.plant("synonymous", seed=5), n_null=99)
    sequences = [entry for entry in found.entries if entry.unit == "sequence"]
    assert sequences  # two words for one place alternate
    assert all(entry.why == "it says no more than its last message" for entry in sequences)


def test_the_same_seed_reads_the_same(tables: Any) -> None:
    planted = tables.plant("holistic", seed=1, n_episodes=40, noise=0.3)
    one, other = (tables.read(planted, seed=4, n_null=59) for _ in range(2))
    assert one.entries == other.entries


def test_long_messages_that_are_hardly_ever_repeated_are_read_by_their_parts(tables: Any) -> None:
    rng = np.random.default_rng(0)
    world = tables.make_world(rng, 150, 32)
    messages = rng.integers(1, 10, (*world.place.shape, 4))
    messages[..., 0], messages[..., 2] = 1 + world.place, 1 + world.kind  # the rest is noise
    symbols, said = np.unique(messages.reshape(-1, 4), axis=0, return_inverse=True)
    names = tuple(" ".join(map(str, message)) for message in symbols)
    speech = Speech(said.reshape(world.place.shape), symbols, names, 1)
    found = tables.read(tables.Planted(speech, tables.variables(world), tables.Surroundings(), {}), n_null=59)
    assert len(symbols) > 1000
    meanings = {(entry.symbols[0], entry.position): entry.meaning for entry in found.entries if entry.meaning}
    assert meanings == {(1 + p, 0): {("place", name)} for p, name in enumerate(tables.PLACES)} | {
        (1 + k, 2): {("kind", name)} for k, name in enumerate(tables.KINDS)
    }


def test_a_meaning_that_shows_within_a_context_alone_is_found(tables: Any) -> None:
    planted = tables.plant("noise", seed=2, n_episodes=80)
    place, kind = planted.targets[0], planted.targets[3]
    half = Variable("half", place.codes // 4, ("north", "south"))
    odd = Variable("odd", kind.codes % 2, ("even", "odd"))
    said = (half.codes + odd.codes) % 2  # over all uses either symbol is said of either half
    speech = Speech(said, np.array([[1], [2]]), ("1", "2"), 1)
    found = tables.read(planted._replace(speech=speech, targets=[half, odd]), n_null=99)
    assert [sorted(sense.meaning) for sense in found.entries[0].senses]
    about = {found.targets[k].name for k in found.about.chosen} | {found.about.context.name}
    assert about == {"half", "odd"}
    assert all(entry.truth.share == 1 for entry in found.entries if entry.unit == "message")


def test_episodes_of_unequal_length_are_read(tables: Any) -> None:
    planted = tables.plant("holistic", seed=4, n_episodes=128)
    lengths = np.random.default_rng(0).integers(20, 65, 128)
    over = np.arange(64) >= lengths[:, None]
    targets = [one._replace(codes=np.where(over, -1, one.codes)) for one in planted.targets]
    cut = planted._replace(
        speech=planted.speech._replace(said=np.where(over, -1, planted.speech.said)), targets=targets
    )
    found = tables.read(cut, n_null=99)
    hits, total = tables.recovery(cut, found)
    assert hits == total >= 20
    for entry in (entry for entry in found.entries if entry.unit == "message"):
        assert entry.n_uses == np.sum(planted.speech.symbols[planted.speech.said, 0][~over] == entry.symbols[0])
        assert all(moment.t < lengths[moment.episode] for moment in entry.examples)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_a_word_said_in_passing_of_what_lasts_keeps_what_it_is_about(tables: Any, seed: int) -> None:
    planted = tables.plant("holistic", seed=seed, n_episodes=128, change=1 / 16)
    place, walk = planted.targets[0].codes, planted.targets[6].codes
    rng = np.random.default_rng(seed)
    passing = (place == 1) & (walk == 0) & (rng.random(place.shape) < 0.3)  # at single steps of a crystal's long stay
    said = np.where(passing, 8, place)
    speech = Speech(said, np.arange(1, 10)[:, None], tuple(map(str, range(1, 10))), 1)
    found = tables.read(planted._replace(speech=speech), n_null=99)
    entry = next(entry for entry in found.entries if entry.symbols == (9,))
    assert entry.n_episodes >= 20
    assert ("place", "NE") in entry.meaning
