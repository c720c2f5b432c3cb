"""Pictures: their sizes, and that what differs in the world differs in them."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from commlab.env.render import Options, draw_world, render_rgb
from commlab.env.render.bubbles import Speech, place_bubbles, words
from commlab.env.render.palette import FAMILIES, FLOOR, FLOOR_TOO, KINDS, WALL, Colour, family_colour
from commlab.env.types import VIEW, Action, Cell

PLAIN = Options(cell=32)


def has(image: Image.Image, colour: Colour, tolerance: int = 6) -> bool:
    """Whether a colour fills some pixels."""
    apart = np.abs(np.asarray(image).astype(int) - np.array(colour)).max(axis=-1)
    return int((apart <= tolerance).sum()) >= 4


def changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of the pixels that differ."""
    return ImageChops.difference(before, after).getbbox()


def cell_of(box: tuple[int, int, int, int] | None, cell: int = 32) -> tuple[int, int]:
    """Row and column of the cell in the middle of a box."""
    assert box is not None
    margin = round(0.25 * cell)
    return ((box[1] + box[3]) // 2 - margin) // cell, ((box[0] + box[2]) // 2 - margin) // cell


@pytest.mark.parametrize(("side", "cell"), [(11, 48), (24, 48), (40, 30), (100, 12), (240, 5)])
def test_the_cell_follows_from_the_map(make: Callable[..., Any], side: int, cell: int) -> None:
    rows = ["#" * side, *["#" + "." * (side - 2) + "#"] * (side - 2), "#" * side]
    image = draw_world(*make("\n".join(rows)).args)
    assert image.size == (side * cell + 2 * max(2, round(cell / 4)),) * 2
    assert has(image, WALL)
    assert has(image, FLOOR)
    assert has(image, FLOOR_TOO)


def test_wide_maps_make_wide_pictures_and_captions_are_below(make: Callable[..., Any]) -> None:
    scene = make("########\n#..>...#\n########")
    plain = draw_world(*scene.args, PLAIN)
    assert plain.size == (8 * 32 + 16, 3 * 32 + 16)
    captioned = draw_world(*scene.args, PLAIN._replace(caption=True))
    assert captioned.width == plain.width
    assert captioned.height > plain.height
    assert changed(plain, captioned.crop((0, 0, *plain.size))) is None


@pytest.mark.parametrize("cell", [4, 7, 12, 19, 33, 64])
def test_everything_can_be_drawn_at_every_size(scene: Any, cell: int) -> None:
    world = scene.world
    world.message[:], world.shield[0, 0], world.frozen[0, 1] = 3, 1, 5
    world.partner[0, :2], world.inventory[:], world.last_action[0, 2] = (1, 0), 3, Action.ATTACK
    options = Options(cell, True, numbers=True, ranges=(0, 1), windows=(2,))
    pixels = render_rgb(*scene.args, cell)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (11 * cell + 2 * max(2, round(cell / 4)),) * 2 + (3,)
    assert draw_world(*scene.args, options).width == pixels.shape[1]


def test_the_array_is_the_caller_s(scene: Any) -> None:
    first = render_rgb(*scene.args)
    first[:] = 0
    assert render_rgb(*scene.args).any()


def test_drawing_changes_nothing_in_the_world_and_is_always_alike(scene: Any) -> None:
    before = [np.copy(array) for array in scene.world]
    once = draw_world(*scene.args, Options(caption=True, ranges=(0,), windows=(1,)))
    again = draw_world(*scene.args, Options(caption=True, ranges=(0,), windows=(1,)))
    assert changed(once, again) is None
    assert all(np.array_equal(a, b) for a, b in zip(before, scene.world, strict=True))


@pytest.mark.parametrize("n", [1, 4, 10, 16])
def test_the_colours_of_all_families_are_there(make: Callable[..., Any], n: int) -> None:
    image = draw_world(*make("#" * 20 + f"\n#{'>' * n}{'.' * (18 - n)}#\n" + "#" * 20, [3 + i for i in range(n)]).args)
    colours = range(3, 3 + n) if n > 1 else [0]  # one family alone: by kin group
    assert all(has(image, family_colour(family)) for family in colours)


def test_crystals_have_their_kinds_colours(scene: Any) -> None:
    full = draw_world(*scene.args, PLAIN)
    assert all(has(full, colour, 25) for colour in KINDS.values())


def test_stocks_show(make: Callable[..., Any]) -> None:
    scene = make("#####\n#.g.#\n#####")
    seen = []
    for stock in (0, 3, 6, 10):
        scene.world.stock[0, 0] = stock
        seen.append(draw_world(*scene.args, Options(cell=16)).tobytes())
    assert len(set(seen)) == 4


@pytest.mark.parametrize("facing", [1, 2, 3])
@pytest.mark.parametrize("cell", [12, 32])
def test_facing_changes_the_agent_s_cell(make: Callable[..., Any], facing: int, cell: int) -> None:
    scene = make("#######\n#.....#\n#..^..#\n#.....#\n#######")
    north = draw_world(*scene.args, Options(cell=cell))
    scene.world.facing[0, 0] = facing
    assert cell_of(changed(north, draw_world(*scene.args, Options(cell=cell))), cell) == (2, 3)


@pytest.mark.parametrize(
    ("field", "value"), [("shield", 1), ("frozen", 3), ("energy", 5), ("energy", 100), ("facing", 2)]
)
def test_an_agent_s_state_shows(make: Callable[..., Any], field: str, value: int) -> None:
    scene = make("#######\n#.....#\n#..^..#\n#.....#\n#######")
    before = draw_world(*scene.args, PLAIN)
    getattr(scene.world, field)[0, 0] = value
    assert cell_of(changed(before, draw_world(*scene.args, PLAIN))) == (2, 3)


def test_what_is_carried_shows_in_its_colour(make: Callable[..., Any]) -> None:
    scene = make("#####\n#.>.#\n#####")
    for kind, code in enumerate(KINDS):
        scene.world.inventory[:] = 0
        assert not has(draw_world(*scene.args, PLAIN), KINDS[code], 3)
        scene.world.inventory[0, 0, kind] = 2
        assert has(draw_world(*scene.args, PLAIN), KINDS[code], 3)
    scene.world.inventory[0, 0] = (200, 1, 1, 1)
    assert all(has(draw_world(*scene.args, Options(cell=64)), colour, 3) for colour in KINDS.values())


@pytest.mark.parametrize(
    ("sign", "field", "value"),
    [
        ("A", "timer", 2),
        ("C", "timer", 2),
        ("B", "link", 1),
        ("@", "poison", 1),
        ("*", "poison", 4),
        ("&", "poison", 8),
    ],
)
def test_an_object_s_state_shows(make: Callable[..., Any], sign: str, field: str, value: int) -> None:
    scene = make(f"#######\n#.....#\n#..{sign}..#\n#.....#\n#######")
    before = draw_world(*scene.args, PLAIN)
    getattr(scene.world, field)[0] = value
    assert cell_of(changed(before, draw_world(*scene.args, PLAIN))) == (2, 3)


def test_poison_of_another_look_does_not_show(make: Callable[..., Any]) -> None:
    scene = make("#####\n#.%.#\n#####")
    before = draw_world(*scene.args, PLAIN)
    scene.world.poison[0] = 0b1101
    assert changed(before, draw_world(*scene.args, PLAIN)) is None


def test_walls_are_solid_and_joined(make: Callable[..., Any]) -> None:
    image = draw_world(*make("#######\n#.....#\n#.###.#\n#.....#\n#######").args, PLAIN)
    y = 8 + 2 * 32 + 16
    row = [image.getpixel((x, y)) for x in range(8 + 2 * 32 + 8, 8 + 5 * 32 - 8)]
    assert set(row) == {WALL}


def test_a_wall_that_can_break_looks_different_and_more_so_when_hit(make: Callable[..., Any]) -> None:
    scene = make("#######\n#.....#\n#..W..#\n#.....#\n#######")
    hit = draw_world(*scene.args, PLAIN)
    scene.world.occupant[scene.world.grid == Cell.WALL] = np.maximum(
        scene.world.occupant[scene.world.grid == Cell.WALL], 0
    )
    scene.world.occupant[0, 2 + VIEW, 3 + VIEW] = 10
    whole = draw_world(*scene.args, PLAIN)
    assert cell_of(changed(hit, whole)) == (2, 3)
    assert not has(whole.crop((8 + 96, 8 + 64, 8 + 128, 8 + 96)), WALL, 3)


def test_walls_that_nobody_can_break_are_walls(make: Callable[..., Any]) -> None:
    scene = make("#######\n#.....#\n#..W..#\n#.....#\n#######")
    scene.world.occupant[0, 2 + VIEW, 3 + VIEW] = 10
    scene.rules.may[:, [Action.ATTACK, Action.DISMANTLE]] = False
    assert has(draw_world(*scene.args, PLAIN).crop((8 + 96, 8 + 64, 8 + 128, 8 + 96)), WALL, 3)


def test_bonds_attacks_ranges_views_and_numbers_show(scene: Any) -> None:
    before = draw_world(*scene.args, PLAIN)
    for options in (PLAIN._replace(ranges=(1,)), PLAIN._replace(windows=(1,)), PLAIN._replace(numbers=True)):
        assert changed(before, draw_world(*scene.args, options)) is not None
    scene.world.partner[0, :2] = (1, 0)
    bonded = draw_world(*scene.args, PLAIN)
    assert changed(before, bonded) is not None
    scene.world.last_action[0, 0] = Action.ATTACK
    assert changed(bonded, draw_world(*scene.args, PLAIN)) is not None


def test_a_hearing_range_has_its_radius(scene: Any) -> None:
    box = changed(draw_world(*scene.args, PLAIN), draw_world(*scene.args, PLAIN._replace(ranges=(1,))))
    assert box is not None
    assert abs((box[2] - box[0]) - 7 * 32) <= 3  # three cells on either side
    assert cell_of(box) == (5, 5)


def test_a_view_is_veiled_where_walls_hide_it(make: Callable[..., Any]) -> None:
    scene = make("#########\n#.......#\n#..#....#\n#..^....#\n#.......#\n#########")
    options = PLAIN._replace(windows=(0,))
    open_view = draw_world(*scene.args, options)
    veiled = draw_world(scene.world, scene.rules._replace(walls_block_sight=True), scene.scenario, 0, options)
    box = changed(open_view, veiled)
    assert box is not None
    assert veiled.getpixel((8 + 3 * 32 + 3, 8 + 32 + 3)) != open_view.getpixel((8 + 3 * 32 + 3, 8 + 32 + 3))
    assert veiled.getpixel((8 + 5 * 32 + 3, 8 + 3 * 32 + 3)) == open_view.getpixel((8 + 5 * 32 + 3, 8 + 3 * 32 + 3))


def test_messages_show_unless_unwanted(scene: Any) -> None:
    silent = draw_world(*scene.args, PLAIN)
    scene.world.message[0, 2] = 7
    assert changed(silent, draw_world(*scene.args, PLAIN)) is not None
    assert changed(silent, draw_world(*scene.args, PLAIN._replace(speech=False))) is None
    scene.world.message[0, 2] = 8
    assert draw_world(*scene.args, PLAIN).tobytes() != silent.tobytes()


def test_messages_are_written_with_silence_as_a_dot() -> None:
    assert words([3, 0, 12]).split() == ["3", "·", "12"]


@pytest.mark.parametrize("n", [1, 10, 60, 300])
def test_bubbles_stay_in_the_picture_and_off_each_other(n: int) -> None:
    rng = np.random.default_rng(n)
    size, cell = (640, 480), 32
    places = [(int(x), int(y)) for x, y in rng.integers(16, (624, 464), (n, 2))]
    speeches = [
        Speech(words(rng.integers(0, 256, 1 + i % 3).tolist()), *place, (9, 9, 9)) for i, place in enumerate(places)
    ]
    bubbles, left_out = place_bubbles(speeches, cell, size, places)
    assert len(bubbles) + len(left_out) == n
    assert n > 10 or not left_out
    covered = np.zeros(size, int)
    for bubble in bubbles:
        assert bubble.left >= 0 <= bubble.top
        assert bubble.left + bubble.width <= size[0]
        assert bubble.top + bubble.height <= size[1]
        covered[bubble.left : bubble.left + bubble.width, bubble.top : bubble.top + bubble.height] += 1
    assert covered.max() <= 1


def test_families_are_told_apart_by_the_colour_blind() -> None:
    colours = np.array(FAMILIES) / 255
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for lacking in MACHADO:
        seen = oklab(np.clip(light @ np.array(lacking).T, 0, 1))
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[np.triu_indices(len(FAMILIES), 1)].min() > 0.09


def test_families_beyond_the_tenth_have_colours_of_their_own() -> None:
    assert len({family_colour(family) for family in range(64)}) == 64


def test_pictures_are_quick(make: Callable[..., Any], scene: Any) -> None:
    rows = ["#" * 100, *["#" + ".>.g....o." * 9 + "........#"] * 98, "#" * 100]
    families = [i % 12 for i in range(98 * 9)]
    large = make("\n".join(rows), families)
    for made, most in ((scene, 0.08), (large, 1.2)):  # four times what an idle core takes
        draw_world(*made.args)
        start = time.process_time()
        draw_world(*made.args)
        assert time.process_time() - start < most


# How light looks to those who lack the cones for long, middle and short waves (Machado et al. 2009).
MACHADO = (
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)


def oklab(light: Any) -> Any:
    """Linear light (n, 3) in Ottosson's space, where distances are as people see them."""
    cones = [[0.4122215, 0.5363325, 0.0514460], [0.2119035, 0.6806995, 0.1073970], [0.0883025, 0.2817188, 0.6299787]]
    axes = [[0.2104543, 0.7936178, -0.0040720], [1.9779985, -2.4285922, 0.4505937], [0.0259040, 0.7827718, -0.8086758]]
    return np.cbrt(light @ np.array(cones).T) @ np.array(axes).T
