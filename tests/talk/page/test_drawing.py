"""The drawing code that pages share: colours of the pictures, crisp canvases, room for bubbles, and quick frames."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.env.render import palette
from commlab.env.types import Cell

Visits = Callable[..., Any]
PATIENT = 60.0  # milliseconds: a frame may take 33, and a busy machine twice as long


@pytest.fixture
def page(visit: Visits) -> Iterator[Any]:
    """A page on which modules can be imported."""
    return visit().page


def test_the_colours_are_those_of_the_pictures(page: Any) -> None:
    found = page.evaluate("import('/page/palette.js').then((p) => ({...p}))")
    assert found["FAMILIES"] == [palette.hexed(colour) for colour in palette.FAMILIES]
    assert found["KINDS"] == {str(int(kind)): palette.hexed(colour) for kind, colour in palette.KINDS.items()}
    assert found["BERRIES"] == {str(int(kind)): palette.hexed(colour) for kind, colour in palette.BERRIES.items()}
    assert found["LINKS"] == [palette.hexed(colour) for colour in palette.LINKS]
    for name in ("INK", "HEART", "STONE", "MACHINE", "BOLT", "SHELL", "SHIELD", "BOND", "FULL", "LOW"):
        assert found[name] == palette.hexed(getattr(palette, name)), name


def test_families_beyond_ten_have_the_pictures_colours_too(page: Any) -> None:
    found = page.evaluate("import('/page/palette.js').then((p) => [...Array(24).keys()].map(p.familyColour))")
    assert found == [palette.hexed(palette.family_colour(family)) for family in range(24)]


def test_every_cell_has_its_code(page: Any) -> None:
    codes = page.evaluate("import('/page/things.js').then((m) => m.Cell)")
    assert sorted(codes.values()) == sorted(int(cell) for cell in Cell)
    assert codes["ALTAR"] == Cell.ALTAR
    assert codes["BLUE"] == Cell.CRYSTAL_BLUE
    assert codes["TWIN"] == Cell.BERRY_TWIN


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_the_canvas_has_a_pixel_for_every_pixel_of_the_screen(visit: Visits, scale: float) -> None:
    page = visit(scale=scale).page
    page.wait_for_timeout(300)
    size = page.locator("#canvas").evaluate("(c) => [c.width, c.clientWidth, c.height, c.clientHeight]")
    assert size[0] == pytest.approx(scale * size[1], abs=2)
    assert size[2] == pytest.approx(scale * size[3], abs=2)


def test_bubbles_cover_neither_each_other_nor_the_edge(page: Any) -> None:
    found = page.evaluate(
        """import('/page/bubbles.js').then(({ placeBubbles }) => {
          const size = { width: 70, height: 20 };
          const places = [...Array(12).keys()].map((i) => [60 + 90 * (i % 4), 60 + 80 * Math.floor(i / 4)]);
          const speeches = places.map(([x, y]) => ({ x, y, size }));
          return placeBubbles(speeches, 30, [0, 0, 420, 300], places);
        })"""
    )
    boxes = [box for box in found if box]
    assert len(boxes) >= 10
    for n, a in enumerate(boxes):
        assert a[0] >= 0
        assert a[1] >= 0
        assert a[2] <= 420
        assert a[3] <= 300
        for b in boxes[n + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


LAYOUT = """([height, width, count, box, near]) => import('/page/layout.js').then(({ fitBoards }) => {
  const cell = (r, c) => Number(r === 0 || c === 0 || r === height - 1 || c === width - 1);
  const grid = [...Array(height).keys()].map((r) => [...Array(width).keys()].map((c) => cell(r, c)));
  return fitBoards({ height, width, grid }, count, { width: box[0], height: box[1] }, 1, near);
})"""


def test_boards_lie_as_their_map_has_most_room(page: Any) -> None:
    beside = page.evaluate(LAYOUT, [11, 11, 2, [850, 450], None])
    assert beside["areas"][0][1] == beside["areas"][1][1]
    below = page.evaluate(LAYOUT, [10, 100, 2, [850, 450], None])
    assert below["areas"][0][0] == below["areas"][1][0]
    alone, both = (page.evaluate(LAYOUT, [11, 11, count, [450, 450], None]) for count in (1, 2))
    assert alone["cell"] > both["cell"]
    near = page.evaluate(LAYOUT, [100, 100, 2, [850, 450], 30])
    assert near["cell"] == 30
    for layout in (beside, below, alone, both, near):
        for left, top, right, bottom in layout["areas"]:
            assert 0 <= left < right <= 850
            assert 0 < top < bottom <= 450


def test_one_world_is_drawn_without_a_twin(page: Any, canned: ModuleType) -> None:
    page.wait_for_selector("#agents button")
    room = canned.Room()
    room.on_step({})
    frame = {
        name: value for name, value in room.frame().items() if name in {"episode", "t", "playing", "speed", "live"}
    }
    drawn = page.evaluate(
        """async ([hello, episode, frame]) => {
          const [{ Stage }, { makeScene }] = await Promise.all([import('/page/stage.js'), import('/page/scene.js')]);
          const canvas = document.createElement('canvas');
          const home = document.createElement('div');
          Object.assign(home.style, { position: 'fixed', width: '400px', height: '400px' });
          document.body.append(home);
          home.append(canvas);
          const stage = new Stage(canvas, { worlds: { live: 'Replay' } });
          stage.setScene(makeScene(hello, episode));
          stage.setFrame(frame);
          await new Promise((next) => setTimeout(next, 400));
          return canvas.toDataURL().length;
        }""",
        [canned.hello(), canned.episode(), frame],
    )
    assert drawn > 15_000


def test_without_families_colours_are_those_of_kin_groups(page: Any) -> None:
    groups = page.evaluate(
        """import('/page/scene.js').then(({ makeScene, relationOf }) => {
          const agents = [0, 1, 2, 3].map((id) => ({ id, body: 'one', family: 0, view: 1 }));
          const kinship = [[1, 0.5, 0, 0], [0.5, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0.5, 1]];
          const scene = makeScene({ agents, cells: {} }, { map: {}, kinship });
          return [scene.groups, [0, 1, 2].map((j) => relationOf(scene, 0, j)), relationOf(scene, null, 1)];
        })"""
    )
    assert groups == [[0, 0, 1, 1], ["self", "kin", "stranger"], "none"]


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_sixteen_agents_are_drawn_thirty_times_a_second(visit: Visits, scale: float) -> None:
    page = visit(scale=scale).page
    times = page.evaluate(Path(__file__).with_name("crowd.js").read_text(), {"agents": 16, "size": 24, "frames": 60})
    assert len(times) >= 60
    assert statistics.median(times) < PATIENT / 2
    assert sorted(times)[int(0.9 * len(times))] < PATIENT


def test_nothing_is_drawn_while_nothing_changes(visit: Visits) -> None:
    there = visit()
    there.page.wait_for_selector("#agents button")
    there.settle()
    before = len(there.page.evaluate("frameTimes"))
    there.page.wait_for_timeout(300)
    assert len(there.page.evaluate("frameTimes")) == before > 0
