"""From tables of messages and of the world to entries: which targets, which unit, which context, and each meaning."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.about import SIGNIFICANT, About, Listened, Screened, choose, hidden_targets, screen
from commlab.probes.decode.lexicon.entries import Entry, Moment, Pair, Rate, Sense
from commlab.probes.decode.lexicon.gains import Predictor
from commlab.probes.decode.lexicon.phrases import read_sequences
from commlab.probes.decode.lexicon.readings import (
    ENOUGH,
    Scene,
    Truth,
    Values,
    evidence_of,
    lifted,
    mask_of,
    meant,
    together,
    truth_of,
)
from commlab.probes.decode.lexicon.senses import KIN, STRANGERS, Contexts, by_context, senses_of
from commlab.probes.decode.lexicon.speech import Speech, Variable, onsets, said_in
from commlab.probes.decode.lexicon.tables import Counts, count, family
from commlab.probes.decode.lexicon.units import UNITS, Members, Part, Unit, choose_unit, membership, parts_of
from commlab.probes.decode.lexicon.voices import Cast, Speaker, voices_of
from commlab.probes.decode.wording import episodes

__all__ = ["Estimate", "Surroundings", "estimate"]

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]
N_MOMENTS = 3
MOST_ENTRIES = 500  # with those that are said too seldom to be read


class Surroundings(NamedTuple):
    """What stands beside the targets."""

    contexts: tuple[Variable, ...] = ()  # on which meanings may depend
    audience: Variable | None = None  # who hears: "kin", "strangers", "both", "nobody"
    cast: Cast | None = None  # who the speakers are; by default agents 0, 1, …


class Estimate(NamedTuple):
    """A language, read."""

    targets: tuple[Variable, ...]  # those asked about
    screened: Screened
    about: About
    unit: Unit
    unit_bits: dict[Unit, float]  # a use, left open about the targets by each unit
    entries: tuple[Entry, ...]  # of the unit, and of sequences over time
    n_left_out: int  # parts said in too few episodes that are not among the entries, because there are so many


def estimate(
    speech: Speech,
    targets: Sequence[Variable],
    permutations: Int64,
    surroundings: Surroundings | None = None,
    seed: int = 0,
) -> Estimate:
    """Read the entries of a language from tables of codes.

    permutations (n_draws, E) come from `draw_permutations`. In noise, a meaning is found in 5 % of languages: one gate
    over all targets (`screen`), and a threshold over all cells of the targets that passed.
    """
    around = surroundings or Surroundings()
    parts, members = read_parts(speech)
    counts = [count(speech, target, members, permutations) for target in targets]
    screened = screen(counts)
    about = topics(speech, targets, screened, around, seed)
    chosen = [targets[k] for k in about.chosen]
    unit, unit_bits = choose_unit(speech, chosen, spoken_in(speech), np.random.default_rng([seed, 4]))
    kept = [row for row, part in enumerate(parts) if part.unit == unit]
    scene = Scene(
        speech,
        tuple(chosen),
        members.only(kept),
        tuple(counts[k].only(kept) for k in about.chosen),
        family([counts[k].only(kept) for k in about.chosen]),
    )
    ties = {k: [(targets[o], counts[o].only(kept)) for o in about.ties[k]] for k in about.chosen}
    within = by_context(scene, about.context, permutations) if about.context is not None else None
    cast = around.cast or tuple(Speaker(n, "speakers", "0") for n in range(speech.n_agents))
    reader = Reader(speech, scene, within, tuple(ties[k] for k in about.chosen), around.audience, cast)
    every, n_left_out = most_said(speech, parts_of(speech, unit))
    entries = read_entries(reader, [parts[row] for row in kept], every)
    sequences, masks = read_sequences(speech, chosen, permutations)
    heard = tuple(voiced(reader, entry, used) for entry, used in zip(sequences, masks, strict=True))
    return Estimate(tuple(targets), screened, about, unit, unit_bits, (*entries, *heard), n_left_out)


def read_parts(speech: Speech) -> tuple[list[Part], Members]:
    """Every unit's parts that are said in enough episodes to be read."""
    units = UNITS if speech.length > 1 else UNITS[:1]
    parts = [part for unit in units for part in parts_of(speech, unit)]
    members = membership(speech, parts)
    enough = np.flatnonzero(episodes_of(speech, members) >= ENOUGH).tolist()
    return [parts[row] for row in enough], members.only(enough)


def most_said(speech: Speech, parts: list[Part]) -> tuple[list[Part], int]:
    """The parts said in enough episodes and, of the others, those said most; and how many are left out."""
    if len(parts) <= MOST_ENTRIES:
        return parts, 0
    n_episodes = episodes_of(speech, membership(speech, parts))
    order = np.argsort(-n_episodes, kind="stable")[: max(MOST_ENTRIES, int(np.sum(n_episodes >= ENOUGH)))]
    return [parts[row] for row in np.sort(order)], len(parts) - len(order)


def episodes_of(speech: Speech, members: Members) -> Int64:
    """In how many episodes each part is said, (U,)."""
    presence = np.zeros((len(speech.symbols), speech.n_episodes))
    kept = speech.said >= 0
    presence[speech.said[kept], np.nonzero(kept)[0]] = 1
    counted: Int64 = np.count_nonzero(members.summed(presence), axis=1)
    return counted


def topics(speech: Speech, targets: Sequence[Variable], screened: Screened, around: Surroundings, seed: int) -> About:
    """The targets that the language is about, and the context that its meanings depend on."""
    rng = np.random.default_rng([seed, 3])
    kept = speech.said >= 0
    aloud = Predictor(speech, spoken_in(speech), rng)
    started = onsets(speech.said, ~np.asarray(speech.symbols.any(axis=1)), speech.n_agents)
    listened = Listened(Predictor(speech, kept, rng), aloud, Predictor(speech, started, rng), around.audience)
    passing = np.flatnonzero(screened.p_values <= SIGNIFICANT).tolist()
    about = choose(listened, targets, passing, around.contexts)
    if about.chosen:
        return about
    hidden = hidden_targets(aloud, targets, (*around.contexts, *targets))
    if hidden is None:
        return about
    k, context, gain = hidden
    return about._replace(chosen=(k,), ties={k: ()}, context=context, context_gain=gain)


def spoken_in(speech: Speech) -> Bools:
    """Where something is said aloud, (E, slots)."""
    aloud = np.append(speech.symbols.any(axis=1), False)  # the last is for what was never said, -1
    return aloud[speech.said]


class Reader(NamedTuple):
    """What an entry is read with."""

    speech: Speech
    scene: Scene
    contexts: Contexts | None
    ties: tuple[list[tuple[Variable, Counts]], ...]  # of each target, the equivalent ones
    audience: Variable | None
    cast: Cast


def read_entries(reader: Reader, readable: Sequence[Part], every: Sequence[Part]) -> tuple[Entry, ...]:
    """The entries of all parts, those said in too few episodes with the reason."""
    scene = reader.scene
    threshold = scene.null.threshold
    found = [lifted(counts, threshold) for counts in scene.counts]
    tied = [[lifted(counts, threshold) for _, counts in group] for group in reader.ties]
    rows = {part: row for row, part in enumerate(readable)}
    entries = []
    for part in every:
        used = mask_of(scene, rows[part]) if part in rows else rare_mask(scene.speech, part)
        entry = bare(scene.speech, part, used)
        if part in rows and scene.targets:
            entry = read_entry(reader, entry, rows[part], used, found, tied)
        entries.append(voiced(reader, entry, used))
    return tuple(entries)


def voiced(reader: Reader, entry: Entry, used: Bools) -> Entry:
    """The entry with who says it where it is `used`, and to whom."""
    return replace(entry, voices=voices_of(reader.speech, used, reader.cast, reader.audience))


def rare_mask(speech: Speech, part: Part) -> Bools:
    """Where a part is said that is not among those read."""
    inside = np.zeros(len(speech.symbols) + 1, dtype=bool)
    inside[membership(speech, [part]).messages] = True
    return inside[speech.said]


def bare(speech: Speech, part: Part, used: Bools) -> Entry:
    """An entry of which nothing is known but how often it is said."""
    n = said_in(used)
    why = f"it is said in {episodes(n)}, and {ENOUGH} are needed" if n < ENOUGH else "no target goes with it"
    return Entry(
        part.form(speech.length, speech.words), part.symbols, part.position, part.unit, int(used.sum()), n, why=why
    )


def read_entry(
    reader: Reader,
    entry: Entry,
    unit: int,
    used: Bools,
    found: Sequence[Bools],
    tied: Sequence[Sequence[Bools]],
) -> Entry:
    """The entry with its meaning, in every context, its truth and its moments."""
    scene = reader.scene
    values = meant(scene, found, unit, used)
    senses = senses_of(scene, reader.contexts, unit, values, used) if reader.contexts is not None else ()
    values = meaning_from(scene, reader.contexts, senses, values)
    if not values:
        return entry
    truth = truth_of(scene, values, used)
    if reader.contexts is not None and senses:
        entry = replace(entry, context=reader.contexts.context.name)
        truth = truth_by_sense(reader, senses, truth, used)
    evidence = tuple(
        one
        for k, chosen in values.items()
        for one in evidence_of(scene, scene.targets[k], scene.counts[k], unit, chosen, used)
    )
    also = tuple(
        one
        for k in values
        for (target, counts), cells in zip(reader.ties[k], tied[k], strict=True)
        for one in evidence_of(scene, target, counts, unit, np.flatnonzero(cells[unit]).tolist(), used)
    )
    heard = {} if reader.audience is None else truth_by_audience(reader.audience, truth)
    return replace(
        entry,
        evidence=evidence,
        together=together(scene, values, used),
        senses=senses,
        also=also,
        truth=truth.rate(),
        truth_to_kin=heard.get(KIN),
        truth_to_strangers=heard.get(STRANGERS),
        examples=moments(scene.speech, truth.known & truth.true, True),
        exceptions=moments(scene.speech, truth.known & ~truth.true, False),
        why=None,
    )


def meaning_from(scene: Scene, contexts: Contexts | None, senses: Sequence[Sense], values: Values) -> Values:
    """The values that an entry means: to kin where that depends on who hears, and else those of all its senses."""
    if contexts is None or not senses:
        return values
    chosen = [sense for sense in senses if KIN in sense.values and sense.evidence]
    pairs = {pair for sense in (chosen or senses) for pair in sense.meaning}
    return numbered(scene, pairs)


def numbered(scene: Scene, pairs: Collection[Pair]) -> Values:
    """(target, value) pairs as numbers, by target."""
    found = {
        k: tuple(v for v, name in enumerate(target.names) if (target.name, name) in pairs)
        for k, target in enumerate(scene.targets)
    }
    return {k: chosen for k, chosen in found.items() if chosen}


def truth_by_sense(reader: Reader, senses: Sequence[Sense], truth: Truth, used: Bools) -> Truth:
    """Truth where every use is held against the sense of its own context; of an audience: against what kin are told."""
    assert reader.contexts is not None
    context = reader.contexts.context
    if reader.audience is not None and context.name == reader.audience.name:
        return truth
    known, true = np.zeros_like(truth.known), np.zeros_like(truth.true)
    for sense in senses:
        here = used & np.isin(context.codes, [context.names.index(name) for name in sense.values])
        values = numbered(reader.scene, sense.meaning)
        if values:
            found = truth_of(reader.scene, values, here)
            known, true = known | found.known, true | found.true
    return Truth(known, true, truth.weights)


def truth_by_audience(audience: Variable, truth: Truth) -> dict[str, Rate | None]:
    """How often an entry is true to kin and to strangers."""
    return {name: truth.rate(audience.codes == audience.names.index(name)) for name in (KIN, STRANGERS)}


def moments(speech: Speech, where: Bools, true: bool) -> tuple[Moment, ...]:
    """A few moments of use, each the first of its run, from episodes far apart."""
    runs = run_starts(speech) & where
    episodes = np.flatnonzero(runs.any(axis=1))
    picked = (
        episodes[np.unique(np.linspace(0, len(episodes) - 1, N_MOMENTS).astype(int))] if len(episodes) else episodes
    )
    slots = [int(np.flatnonzero(runs[episode])[0]) for episode in picked]
    return tuple(
        Moment(int(episode), slot // speech.n_agents, slot % speech.n_agents, true)
        for episode, slot in zip(picked, slots, strict=True)
    )


def run_starts(speech: Speech) -> Bools:
    """Where an agent says something else than at the step before, (E, slots)."""
    starts = np.ones(speech.said.shape, dtype=bool)
    n = speech.n_agents
    starts[:, n:] = speech.said[:, n:] != speech.said[:, :-n]
    return starts
