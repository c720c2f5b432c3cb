"""Films: as many frames as were given, readable, small, whole or not there, and refused in one sentence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from commlab.env.render import Options, draw_world, save_film
from commlab.env.render.palette import WALL
from commlab.foundation.errors import CommlabError, RenderError

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


def frames(scene: Any, n: int, cell: int = 16) -> Iterator[Image.Image]:
    """A film in which all agents turn."""
    for step in range(n):
        scene.world.facing[:] = step % 4
        scene.world.t[0] = step
        yield draw_world(*scene.args, Options(cell, caption=True))


def test_a_gif_has_every_frame_and_keeps_time(scene: Any, tmp_path: Path) -> None:
    path = save_film(frames(scene, 40), tmp_path / "film.gif", fps=12)
    with Image.open(path) as film:
        assert film.n_frames == 40
        assert film.info["loop"] == 0
        assert film.size == next(frames(scene, 1)).size
        lasts = 0
        for n in range(film.n_frames):
            film.seek(n)
            lasts += film.info["duration"]
    assert abs(lasts - 40 / 12 * 1000) <= 10
    assert path.stat().st_size < 250_000


def test_a_gif_has_nearly_the_colours_of_its_frames(scene: Any, tmp_path: Path) -> None:
    path = save_film(frames(scene, 8), tmp_path / "film.gif")
    with Image.open(path) as film:
        for n, frame in enumerate(frames(scene, 8)):
            film.seek(n)
            apart = np.abs(np.asarray(film.convert("RGB")).astype(int) - np.asarray(frame)).max(axis=-1)
            assert np.percentile(apart, 99) <= 24
        assert np.abs(np.array(film.convert("RGB").getpixel((12, 12))) - WALL).max() <= 3


def test_an_mp4_plays_everywhere(scene: Any, tmp_path: Path) -> None:
    path = save_film(frames(scene, 24, cell=17), tmp_path / "film.MP4", fps=8)
    n_frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert (n_frames, round(seconds, 1)) == (24, 3.0)
    reader = imageio_ffmpeg.read_frames(str(path))
    facts = next(reader)
    reader.close()
    width, height = next(frames(scene, 1, cell=17)).size
    assert facts["codec"] == "h264"
    assert facts["pix_fmt"].startswith("yuv420p")
    assert facts["size"] == (width + width % 2, height + height % 2)


def test_arrays_are_frames_too(tmp_path: Path) -> None:
    grey = [np.full((20, 30, 3), level, np.uint8) for level in (0, 100, 200)]
    with Image.open(save_film(grey, tmp_path / "grey.gif")) as film:
        assert (film.n_frames, film.size) == (3, (30, 20))


def test_one_frame_is_a_png(scene: Any, tmp_path: Path) -> None:
    image = next(frames(scene, 1))
    with Image.open(save_film([image], tmp_path / "one.png")) as saved:
        assert saved.convert("RGB").tobytes() == image.tobytes()


def test_one_frame_is_a_film_too(scene: Any, tmp_path: Path) -> None:
    with Image.open(save_film(frames(scene, 1), tmp_path / "one.gif")) as film:
        assert film.n_frames == 1
    path = save_film(frames(scene, 1), tmp_path / "one.mp4")
    assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == 1


@pytest.mark.parametrize(
    ("name", "n", "fps", "says"),
    [
        ("film.avi", 2, 8, "end in .gif, .mp4 or .png"),
        ("film", 2, 8, "end in .gif"),
        ("nowhere/film.gif", 2, 8, "no folder"),
        ("film.gif", 0, 8, "no frames"),
        ("film.mp4", 0, 8, "no frames"),
        ("film.png", 2, 8, "one frame only"),
        ("film.gif", 2, 0, "frames a second"),
        ("film.mp4", 2, 1000, "frames a second"),
        ("film.mp4", 2, float("nan"), "frames a second"),
    ],
)
def test_what_cannot_be_is_refused(scene: Any, tmp_path: Path, name: str, n: int, fps: float, says: str) -> None:
    with pytest.raises(RenderError, match=says) as error:
        save_film(frames(scene, n), tmp_path / name, fps)
    assert str(error.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_frames_of_two_sizes_are_refused_and_leave_nothing(tmp_path: Path, name: str) -> None:
    odd = [np.zeros((20, 20, 3), np.uint8), np.zeros((20, 22, 3), np.uint8)]
    with pytest.raises(RenderError, match="Frame 1 .* 22 x 20"):
        save_film(odd, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "film.gif").mkdir()
    with pytest.raises(RenderError, match="is a folder"):
        save_film(frames(scene, 1), tmp_path / "film.gif")


@pytest.mark.parametrize("cell", [-1, 0, 3, 5000])
def test_cells_that_make_no_picture_are_refused(scene: Any, cell: int) -> None:
    with pytest.raises(CommlabError, match="Cells of"):
        draw_world(*scene.args, Options(cell))
