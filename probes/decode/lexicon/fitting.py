"""The lexicon of a recording: what each symbol, message or part of one means, with the evidence for it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment, written
from commlab.foundation.result import Result, undefined
from commlab.foundation.statistics import draw_permutations
from commlab.probes.decode.lexicon.book import Lexicon
from commlab.probes.decode.lexicon.effects import effects_in
from commlab.probes.decode.lexicon.entries import Entry
from commlab.probes.decode.lexicon.estimate import Estimate, estimate
from commlab.probes.decode.lexicon.gather import Gathered, gather
from commlab.probes.decode.lexicon.maps import maps_of
from commlab.probes.decode.lexicon.readings import ENOUGH
from commlab.probes.decode.lexicon.words import meaning_words
from commlab.probes.decode.moments import agent_called, there
from commlab.probes.decode.wording import chance, file_stem

__all__ = ["fit", "read"]

UNIT = "share of entries with a meaning"


def read(
    recording: Recording,
    of: str | int | None = None,
    targets: Sequence[str | Target] | None = None,
    contexts: Sequence[str] | None = None,
    n_null: int = 199,
    seed: int = 0,
) -> Lexicon:
    """The lexicon itself; see `fit`."""
    gathered, found = look(recording, of, targets, contexts, n_null, seed)
    return book_of(gathered, found, None)


def fit(
    recording: Recording,
    of: str | int | None = None,
    targets: Sequence[str | Target] | None = None,
    contexts: Sequence[str] | None = None,
    n_null: int = 199,
    seed: int = 0,
    results: Path | None = None,
) -> Result:
    """The lexicon of what the agents `of` say, as a Result: details["lexicon"] is what `Lexicon.from_result` reads.

    targets: what messages may be about; by default all class targets of the recording but those that only repeat or
    follow from what is said. contexts: variables on which a meaning may depend (gather.CONTEXTS by default; other
    targets are tried, too). results: a folder of saved results, from which it is told what listeners do on hearing an
    entry. The estimate is the share of entries, said in 20 episodes or more, that have a meaning; its p-value is the
    smallest family-wise one of the targets.

    Raises DataError where nothing is said, where no target varies, and where episodes cannot be permuted; TargetError
    for a target that is unknown or that the recording lacks something for.
    """
    gathered, found = look(recording, of, targets, contexts, n_null, seed)
    book = book_of(gathered, found, results)
    name = "lexicon" if of is None else file_stem("lexicon", gathered.spoken.agents.name)
    details = describe(book, gathered, found) | {"maps": maps_of(recording, gathered.spoken, book)}
    details["moments"] = written(uses_of(recording, book), 2 * len(book.entries))
    made_by = origin(recording, "lexicon", seed)
    read_ones = [entry for entry in book.entries if not entry.silence and entry.n_episodes >= ENOUGH]
    if not read_ones:
        reason = f"no message is said in {ENOUGH} episodes ({book.n_episodes} are recorded); record more"
        return undefined("lexicon", name, UNIT, reason, book.n_episodes, details, made_by)
    n_meant = sum(bool(entry.meaning) for entry in read_ones)
    p_value = float(found.screened.p_values.min())
    return Result(
        analysis="lexicon",
        name=name,
        estimate=n_meant / len(read_ones),
        unit=UNIT,
        interval=None,
        null=None,
        p_value=p_value,
        n_episodes=book.n_episodes,
        sentence=sentence(book, n_meant, len(read_ones), p_value),
        details=details,
        provenance=made_by,
    )


def uses_of(recording: Recording, book: Lexicon) -> list[Moment]:
    """Of each entry with a meaning the first use at which it held, and the first at which it did not."""
    found = []
    for entry in book.entries:
        for uses, word in ((entry.examples, "held"), (entry.exceptions, "did not hold")):
            if entry.meaning and uses:
                episode, t, agent, _ = uses[0]
                who = agent_called(recording, agent)
                meant = meaning_words(sorted(entry.meaning), entry.together)
                note = f"{who} says {entry.form} ({meant}), the first use at which that {word}"
                found.append(there(recording, episode, t, agent, note))
    return found


def look(
    recording: Recording,
    of: str | int | None,
    targets: Sequence[str | Target] | None,
    contexts: Sequence[str] | None,
    n_null: int,
    seed: int,
) -> tuple[Gathered, Estimate]:
    """Gather what is needed and read it."""
    gathered = gather(recording, of, targets, contexts)
    strata = gathered.spoken.strata
    if strata.n_alone == len(strata.stratum) or n_null < 19:
        raise DataError(
            "A lexicon needs at least 19 null draws, and episodes that can be exchanged: record two or more of each "
            "condition and length, or ask for more draws."
        )
    permutations = draw_permutations(strata, n_null, np.random.default_rng([seed, 2]))
    return gathered, estimate(gathered.speech, gathered.targets, permutations, gathered.surroundings, seed)


def book_of(gathered: Gathered, found: Estimate, results: Path | None) -> Lexicon:
    """The lexicon with effects and the recording's own numbers of episodes."""
    effects = effects_in(results) if gathered.speech.length == 1 else {}
    entries = tuple(
        replace(
            placed(entry, gathered),
            effects=tuple(effects.get(entry.symbols[0], ())) if entry.unit != "sequence" else (),
        )
        for entry in found.entries
    )
    name = {k: target.name for k, target in enumerate(found.targets)}
    used = {pair[0] for entry in entries for pair in entry.meaning}
    meant = [k for k in found.about.chosen if name[k] in used]
    return Lexicon(
        of=gathered.spoken.agents.name,
        unit=found.unit,
        length=gathered.speech.length,
        targets=tuple(name[k] for k in meant),
        ties={name[k]: tuple(name[other] for other in found.about.ties[k]) for k in meant},
        followers=tuple(name[k] for k in (*(set(found.about.chosen) - set(meant)), *found.about.followers)),
        context=found.about.context.name if found.about.context is not None else None,
        n_episodes=gathered.speech.n_episodes,
        entries=tuple(entry for entry in entries if entry.unit != "sequence"),
        words=dict(gathered.speech.words),
        sequences=tuple(entry for entry in entries if entry.unit == "sequence"),
    )


def placed(entry: Entry, gathered: Gathered) -> Entry:
    """The entry with moments by the recording's episodes and agents."""
    rows = gathered.spoken.rows

    def there(moments: Any) -> Any:
        return tuple(
            moment._replace(episode=int(rows.episodes[moment.episode]), agent=rows.agents[moment.agent])
            for moment in moments
        )

    return replace(entry, examples=there(entry.examples), exceptions=there(entry.exceptions))


def describe(book: Lexicon, gathered: Gathered, found: Estimate) -> dict[str, Any]:
    """The lexicon, and what was tried to come to it."""
    return {
        "lexicon": book.to_plain(),
        "targets": [
            {
                "target": target.name,
                "sentence": gathered.sentences[target.name],
                "p_value": float(found.screened.p_values[k]),
                "corrected_bits": float(found.screened.corrected[k]),
                "gain_bits": found.about.gains[k].bits,
                "role": role(book, target.name),
            }
            for k, target in enumerate(found.targets)
        ],
        "unit_bits": found.unit_bits,
        "context": book.context,
        "context_bits": found.about.context_gain.bits,
        "contexts_tried": [context.name for context in gathered.surroundings.contexts],
        "lacking": gathered.lacking,
        "n_left_out": found.n_left_out,
    }


def role(book: Lexicon, target: str) -> str:
    """What a target is to the language."""
    if target in book.targets:
        return "meant"
    if target == book.context:
        return "context"
    for meant, ties in book.ties.items():
        if target in ties:
            return f"cannot be told from {meant}"
    return "follows from what is meant" if target in book.followers else "not told of"


def sentence(book: Lexicon, n_meant: int, n_read: int, p_value: float) -> str:
    """The finding in plain words."""
    who = f"Of {n_read} entries in the language of {book.of}"
    if not n_meant:
        return f"{who} none has a meaning that we can tell ({chance(p_value)}; {book.n_episodes} episodes)."
    about = " and ".join(book.targets)
    hangs = f", and what they mean depends on {book.context}" if any(entry.senses for entry in book.entries) else ""
    ending = f"{chance(p_value)}; {book.n_episodes} episodes"
    return f"{who} {n_meant} have a meaning; they are about {about}{hangs} ({ending})."
