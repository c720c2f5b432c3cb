"""Text: every cell says what the grid holds, and colours are only markup around the same characters."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.text import Text

from commlab.env.render import render_text
from commlab.env.render.text import FACINGS, MARKS
from commlab.env.types import VIEW, Cell, Facing


def rows_of(text: str, n: int) -> list[str]:
    """The rows of the map, padded to their full length."""
    rows = text.split("\n")[:n]
    return [row.ljust(max(map(len, rows))) for row in rows]


@pytest.mark.parametrize("width", [1, 2])
def test_the_text_is_the_grid(scene: Any, width: int) -> None:
    grid = scene.world.grid[0, VIEW:-VIEW, VIEW:-VIEW]
    rows = rows_of(render_text(*scene.args, width=width), 11)
    for r in range(11):
        for c in range(11):
            sign, code = rows[r][c * width], Cell(int(grid[r, c]))
            if code == Cell.AGENT:
                i = int(scene.world.occupant[0, r + VIEW, c + VIEW])
                assert sign == FACINGS[Facing(int(scene.world.facing[0, i]))]
            elif code == Cell.EMPTY:
                assert sign in ".o"
            else:
                assert sign == MARKS[code]


def test_two_characters_tell_more(scene: Any) -> None:
    scene.world.stock[0] = [3, 9, 10, 30, *[0] * (scene.world.stock.shape[1] - 4)][::-1][: scene.world.stock.shape[1]]
    scene.world.poison[0], scene.world.link[0, 2] = 0b0010, 6
    text = render_text(*scene.args)
    assert "B6" in text
    assert "%!" in text
    assert "@ " in text
    assert ">0" in text
    assert "<3" in text


def test_stocks_of_ten_and_more_are_a_plus(make: Callable[..., Any]) -> None:
    scene = make("####\n#gg#\n####")
    scene.world.stock[0] = (9, 10)
    assert "g9g+" in render_text(*scene.args)


def test_frozen_agents_are_eggs(scene: Any) -> None:
    assert "frozen" not in render_text(*scene.args)
    scene.world.frozen[0, 0] = 4
    text = render_text(*scene.args)
    assert "e0" in text
    assert "frozen" in text


def test_the_legend_names_what_is_there_only(make: Callable[..., Any]) -> None:
    legend = render_text(*make("####\n#>g#\n####").args).splitlines()[-1]
    assert "wall" in legend
    assert "g crystal" in legend
    assert "berry" not in legend
    assert "altar" not in legend


@pytest.mark.parametrize("width", [1, 2])
def test_colours_are_markup_around_the_same_text(scene: Any, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    scene.world.shield[0, 0] = 1
    plain, painted = render_text(*scene.args, width=width), render_text(*scene.args, width=width, colour=True)
    assert painted != plain
    read = Text.from_markup(painted)
    assert [row.rstrip() for row in read.plain.split("\n")] == plain.split("\n")
    assert len(read.spans) > 20


def test_no_color_is_honoured(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert render_text(*scene.args, colour=True) == render_text(*scene.args)
