"""`commlab lexicon`: what each symbol means, by the evidence of a recording."""

from __future__ import annotations

from collections.abc import Sequence

from commlab.commands.names import names_in
from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.probes.decode.lexicon import Entry, Lexicon, entry_sentence, fit, meaning_words
from commlab.probes.decode.wording import percent

__all__ = ["lexicon", "read_lexicon"]

COLUMNS = ("form", "meaning", "said by", "to whom", "true (95 %)", "lift", "episodes")
VOICES = ("said by", "to whom")


def lexicon(
    run: str | None,
    of: str | None,
    targets: str | None,
    translate: str | None,
    n_null: int,
    seed: int,
    as_json: bool,
) -> Result:
    """Read the lexicon of a recording, save it beside it, and print it as a table and in sentences."""
    chosen = None if targets is None else names_in(targets, "--targets", "resource_location,resource_kind")
    result = read_lexicon(run, of, chosen, n_null, seed)
    book = Lexicon.from_result(result)
    told = translated(book, translate)
    path = result.save(results_of(run))
    if as_json:
        print_json({"sentence": result.sentence, "path": str(path), **result.details, "translation": told or None})
        return result
    show(book, result)
    if translate is not None:
        out.print(f"{translate}: {told['text']}{certainty(told['certainty'])}", markup=False)
    say(f"Saved {path}.")
    return result


def read_lexicon(run: str | None, of: str | None, targets: Sequence[str] | None, n_null: int, seed: int) -> Result:
    """The lexicon of a recording, with what saved experiments say of its entries."""
    with recordings_of(run) as (recording, _):
        return named_after(fit(recording, of, targets, n_null=n_null, seed=seed, results=results_of(run)), recording)


def translated(book: Lexicon, message: str | None) -> dict[str, object]:
    """A message in words. Raises DataError where it is none of the language."""
    if message is None:
        return {}
    found = book.translate(message.replace(",", " ").strip())
    return {"message": message, "text": found.text, "certainty": found.certainty, "meaning": sorted(found.meaning)}


def certainty(share: object) -> str:
    """How sure a translation is, in brackets."""
    return f" (certainty {percent(share)})" if isinstance(share, float) else ""


def show(book: Lexicon, result: Result) -> None:
    """Print the table, the entries in sentences, and the finding."""
    rare = [entry for entry in book.entries if not entry.meaning]
    known = [entry for entry in book.entries if entry.meaning]
    table(f"The lexicon of {book.of}", *telling(COLUMNS, [row(entry) for entry in [*known, *rare]]))
    for entry in known:
        out.print(entry_sentence(entry), markup=False)
        for effect in entry.effects:
            out.print(f"  {effect.sentence}", markup=False)
    if rare:
        out.print(f"Nothing we can tell: {listed(rare)}.", markup=False)
    out.print(result.sentence, markup=False)


def telling(columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> tuple[list[str], list[list[object]]]:
    """The table without its columns on voices where these say the same of every entry: meanings need the room."""
    same = {name for i, name in enumerate(columns) if name in VOICES and len({row[i] for row in rows}) == 1}
    kept = [i for i, name in enumerate(columns) if name not in same]
    return [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]


def listed(entries: Sequence[Entry]) -> str:
    """Entries without a meaning, by their reason."""
    few = [entry.form for entry in entries if entry.why and "needed" in entry.why]
    rest = [entry.form for entry in entries if entry.form not in few]
    parts = [f"{', '.join(rest)} (no target goes with them)"] if rest else []
    return "; ".join(parts + ([f"{', '.join(few)} (said in too few episodes)"] if few else []))


def row(entry: Entry) -> tuple[object, ...]:
    """An entry's cells."""
    voices = entry.voices
    said = (voices.said_by, voices.to_whom) if voices is not None else ("-", "-")
    if not entry.meaning or entry.truth is None:
        return entry.form, "nothing we can tell", *said, None, None, entry.n_episodes
    meaning = meaning_words([found.pair for found in entry.evidence], entry.together)
    true = f"{percent(entry.truth.share)} ({100 * entry.truth.low:.0f}–{100 * entry.truth.high:.0f})"
    lift = max(found.lift for found in entry.evidence)
    return (entry.form, meaning, *said, true, lift, entry.n_episodes)
