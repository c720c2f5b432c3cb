"""What frequent sequences of messages mean beyond their last message."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.entries import Entry
from commlab.probes.decode.lexicon.readings import (
    ENOUGH,
    Scene,
    evidence_of,
    lifted,
    lifted_beyond,
    mask_of,
    meant,
    together,
    truth_of,
)
from commlab.probes.decode.lexicon.sequences import Found, frequent_sequences
from commlab.probes.decode.lexicon.speech import Speech, Variable
from commlab.probes.decode.lexicon.tables import count, family
from commlab.probes.decode.lexicon.units import Members

__all__ = ["read_sequences"]

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]
SURE = 4.0  # standard errors by which a sequence must say more than its last message
NO_MORE = "it says no more than its last message"


def read_sequences(
    speech: Speech, targets: Sequence[Variable], permutations: Int64
) -> tuple[tuple[Entry, ...], tuple[Bools, ...]]:
    """Entries and masks of the frequent sequences; a meaning have those that say more than their last message.

    Targets that may follow from what was said are left out: where listeners are tells what was said before.
    """
    found = frequent_sequences(speech, ~np.asarray(speech.symbols.any(axis=1)) | seldom(speech))
    entries: list[Entry] = []
    masks: list[Bools] = []
    for length in (2, 3):
        chosen = [one for one in found if len(one.messages) == length]
        scene = scene_of(speech, chosen, [target for target in targets if not target.reacts], permutations)
        for number, one in enumerate(chosen):
            entries.append(sequence_entry(speech, scene, number, one))
            masks.append(one.used)
    return tuple(entries), tuple(masks)


def seldom(speech: Speech) -> Bools:
    """Which messages (M,) are said in too few episodes to be part of a frequent sequence."""
    kept = speech.said >= 0
    pairs = np.unique(np.stack([speech.said[kept], np.nonzero(kept)[0]]), axis=1)
    return np.bincount(pairs[0], minlength=len(speech.symbols)) < ENOUGH


def scene_of(speech: Speech, chosen: Sequence[Found], targets: Sequence[Variable], permutations: Int64) -> Scene:
    """Sequences of one length as messages of their own: a step belongs to one of them, or to none."""
    said = np.full(speech.said.shape, -1, dtype=np.int64)
    for number, one in enumerate(chosen):
        said[one.used] = number
    numbers = np.arange(len(chosen), dtype=np.int64)
    own = Speech(said, numbers[:, None] + 1, tuple(map(str, numbers)), speech.n_agents)
    members = Members(numbers, numbers)
    counts = tuple(count(own, target, members, permutations) for target in targets) if chosen else ()
    return Scene(own, tuple(targets), members, counts, family(counts))


def sequence_entry(speech: Speech, scene: Scene, number: int, one: Found) -> Entry:
    """The entry of one sequence."""
    form = " > ".join(speech.names[message] for message in one.messages)
    symbols = tuple(int(symbol) for message in one.messages for symbol in speech.symbols[message])
    entry = Entry(form, symbols, None, "sequence", int(one.used.sum()), one.n_episodes, why=NO_MORE)
    used = mask_of(scene, number)
    values = meant(scene, [lifted(counts, scene.null.threshold) for counts in scene.counts], number, used)
    more = [lifted_beyond(speech, scene.targets[k], chosen, speech.said, used) for k, chosen in values.items()]
    if not any(z >= SURE for z in more):
        return entry
    evidence = tuple(
        found
        for k, chosen in values.items()
        for found in evidence_of(scene, scene.targets[k], scene.counts[k], number, chosen, used)
    )
    truth = truth_of(scene, values, used).rate()
    return Entry(
        form,
        symbols,
        None,
        "sequence",
        entry.n_uses,
        entry.n_episodes,
        evidence=evidence,
        together=together(scene, values, used),
        truth=truth,
    )
