"""Validation: right tools pass, wrong ones do not, and nothing depends on who does the work."""

from typing import Any

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.probes.planted import judging
from commlab.probes.planted.expected import EXPECTED, TELLS, Tally, is_right
from commlab.probes.planted.judging import Form, Meaning, Read, judge_entries
from commlab.probes.planted.validation import Plan, fit, seed_of

NE, S = ("resource_location", "NE"), ("resource_location", "S")
LEXICON, PROBE = EXPECTED["lexicon"], EXPECTED["probe"]
FEW = Plan(codebooks=1, entries=1)


def read(meaning: set[tuple[str, str]], n_episodes: int = 50) -> Read:
    return Read(frozenset(meaning), n_episodes)


def rows_of(plan: Plan, **options: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["tool"], row["language"]): row for row in fit(plan, workers=1, **options).details["rows"]}


def fake(monkeypatch: pytest.MonkeyPatch, lexicon: Any) -> None:
    monkeypatch.setattr(judging, "read_meanings", lexicon)


def everything(recording: Any, seed: int, of: str | None = None) -> dict[Form, Read]:
    """A lexicon that sees the place in whatever is said."""
    symbols = np.unique(recording["channel/said"][:]).tolist()
    return {((symbol,), None): read({NE}) for symbol in symbols if symbol}


def cheat(recording: Any, seed: int, of: str | None = None) -> dict[Form, Read]:
    """A lexicon that reads the answers."""
    entries = recording.attrs["training"]["scripted"]["entries"]
    found: dict[Form, Read] = {}
    for form, pairs in entries.items():
        name, _, position = form.partition("@")
        symbols = tuple(int(symbol) for symbol in name.split())
        found[symbols, int(position) if position else None] = read({(target, value) for target, value in pairs})
    return found


def test_a_lexicon_that_is_right_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, cheat)
    rows = rows_of(FEW._replace(tools=("lexicon",)))
    assert len(rows) == len(EXPECTED["lexicon"].cases)
    for (_, language), row in rows.items():
        assert row["ok"], language
        assert row["recovery"] == (1.0 if TELLS[language.split(",")[0]] else None)
        assert row["false_positive"] == 0


def test_a_lexicon_that_finds_nothing_fails_where_there_is_something(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, lambda recording, seed, of=None: {form: read(set()) for form in cheat(recording, seed)})
    result = fit(FEW._replace(tools=("lexicon",)), workers=1)
    assert not result.details["ok"]
    for row in result.details["rows"]:
        assert row["ok"] == (not TELLS[row["language"].split(",")[0]])
        assert row["recovery"] in (0.0, None)
    assert "lexicon on holistic" in result.sentence


def test_a_lexicon_that_always_finds_something_fails_everywhere_but_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, everything)
    languages = ("synonymous", "noise", "drifting-noise", "silent")
    rows = rows_of(Plan(codebooks=3, entries=1, tools=("lexicon",), languages=languages))
    assert {language for (_, language), row in rows.items() if row["ok"]} == {"silent"}
    assert rows["lexicon", "noise"]["false_positive"] == 1


def test_real_tools_pass_on_a_few_codebooks() -> None:
    result = fit(FEW._replace(languages=("positional", "noise"), seed=3), workers=1)
    assert result.details["ok"], result.sentence
    assert result.estimate == 1
    assert {row["tool"] for row in result.details["rows"]} == set(EXPECTED)


def test_it_does_not_matter_who_does_the_work() -> None:
    plan = FEW._replace(tools=("information",), languages=("distractor",))
    assert fit(plan, workers=1).details == fit(plan, workers=2).details


def test_every_codebook_has_a_seed_of_its_own() -> None:
    assert len({seed_of(s, name, n) for s in (0, 1) for name in TELLS for n in range(40)}) == 2 * len(TELLS) * 40


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, cheat)
    seen: list[tuple[int, int]] = []
    rows_of(
        FEW._replace(tools=("lexicon",), languages=("silent",)), watch=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 1)]


def test_codebooks_are_enough_for_a_thousand_entries() -> None:
    from commlab.probes.planted.validation import trials_of

    numbers = [trial.case.label for trial in trials_of(Plan(tools=("lexicon",)))]
    assert numbers.count("holistic") == 40  # of 32 entries
    assert numbers.count("positional") == 84  # of 12
    assert numbers.count("silent") == 40
    assert numbers.count("holistic, 20 % slips") == 10


def test_entries_are_right_only_if_they_are_exact() -> None:
    planted: dict[Form, Meaning] = {
        ((s,), None): frozenset(m) for s, m in ((1, {NE}), (2, {S}), (3, {NE, S}), (4, {S}))
    }
    found: dict[Form, Read] = {
        ((1,), None): read({NE}),
        ((2,), None): read(set()),  # missed
        ((3,), None): read({NE, S, ("resource_kind", "red")}),  # too much
        ((4,), None): read({S}, 19),  # said too rarely to be judged
        ((9,), None): read({NE}),  # made up
    }
    assert judge_entries(found, planted) == Tally(n=3, planted=3, recovered=1, empty=4, false=2)


def test_where_nothing_is_planted_a_codebook_is_one_chance() -> None:
    noise: dict[Form, Meaning] = {((s,), None): frozenset() for s in (1, 2)}
    silent: dict[Form, Read] = {((1,), None): read(set()), ((2,), None): read(set())}
    assert judge_entries(silent, noise) == Tally(2, 0, 0, 1, 0)
    assert judge_entries(silent | {((2,), None): read({NE})}, noise) == Tally(2, 0, 0, 1, 1)
    assert judge_entries({}, {}) == Tally(1, 0, 0, 1, 0)


def test_what_counts_as_right() -> None:
    assert is_right(LEXICON, Tally(1200, 1200, 1188, 1200, 12))
    assert not is_right(LEXICON, Tally(1200, 1200, 1187, 1200, 12))
    assert not is_right(LEXICON, Tally(1200, 1200, 1200, 1200, 13))
    assert is_right(LEXICON, Tally(64, 64, 62, 64, 0)), "few entries cannot tell 97 from 99 %"
    assert not is_right(LEXICON, Tally(64, 64, 59, 64, 0))
    assert is_right(LEXICON, Tally(1280, 0, 0, 40, 4))
    assert not is_right(LEXICON, Tally(1280, 0, 0, 40, 8))
    assert is_right(PROBE, Tally(40, 40, 39, 40, 2))
    assert not is_right(PROBE, Tally(40, 40, 33, 40, 2))
    assert not is_right(PROBE, Tally(40, 0, 0, 80, 14))
    assert not is_right(LEXICON, Tally(0, 0, 0, 0, 0)), "nothing judged is nothing right"


def test_the_table_knows_every_language_and_names_are_checked() -> None:
    from commlab.agents.scripted.language import LANGUAGES

    assert set(TELLS) == set(LANGUAGES)
    assert {case.language for case in EXPECTED["lexicon"].cases} == set(LANGUAGES)
    with pytest.raises(DataError, match="no language 'holystic': the nearest is holistic"):
        fit(Plan(languages=("holystic",)))
    with pytest.raises(DataError, match="no tool 'lexikon': the nearest is lexicon"):
        fit(Plan(tools=("lexikon",)))
