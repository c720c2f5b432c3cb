"""The page on the verdict has the table that the code has."""

from pathlib import Path

import pytest

from commlab.agents.scripted.listening import LISTENERS
from commlab.probes.planted.verdicts import CONTROLS, PAIRS, Pair, expected

PAGE = Path(__file__).parents[3] / "docs" / "verdict.md"


@pytest.fixture(scope="module")
def told() -> dict[Pair, str]:
    """The verdicts of the page's table."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    head = next(i for i, line in enumerate(lines) if line[0] == "language")
    assert lines[head][1:] == list(LISTENERS)
    rows = lines[head + 1 : head + 1 + len(PAIRS) // len(LISTENERS)]
    return {Pair(row[0], listener): word for row in rows for listener, word in zip(LISTENERS, row[1:], strict=True)}


def test_every_pair_stands_on_the_page(told: dict[Pair, str]) -> None:
    assert told == {pair: expected(pair)[0] for pair in PAIRS}


def test_the_controls_stand_on_the_page() -> None:
    page = PAGE.read_text()
    assert "| untrained networks | " + CONTROLS["untrained"] in page
    assert "| trained with the channel muted, as they live | " + CONTROLS["trained muted"] in page
