"""Films and single pictures as files: GIF, MP4 and PNG, either whole or not there."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from commlab.env.render.palette import INK, accents, mix
from commlab.env.types import Bytes
from commlab.foundation.atomic import PART, seal, write_atomic
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import RenderError

__all__ = ["SUFFIXES", "check_speed", "check_target", "save_film", "save_picture"]

SUFFIXES = (".gif", ".mp4", ".png")
_LEAST_FPS = 0.1
_MOST_FPS = 50  # GIFs count hundredths of a second, and players slow down what is faster

_LOOKED_AT = 24  # frames from which a GIF's palette is made, beside the colours that may come later
_EXACT = 48  # colours of that palette that are kept as they are: those of the most pixels
_COLOURS = 255  # one is left for what does not change
_CRF = 20  # of H.264: flat colours stay clean, files stay small

Frame = Image.Image | Bytes


def save_film(frames: Iterable[Frame], path: Path | str, fps: float = 8.0) -> Path:
    """Write `frames` (pictures, or arrays (height, width, 3) of uint8) to a .gif or .mp4, or one frame to a .png.

    Frames are taken one at a time, so that long films need little memory. Raises RenderError where the file's name,
    the frames or the speed cannot be, and DiskError where it cannot be written; no half-written file is left behind.
    """
    final = check_target(path)
    check_speed(fps)
    pictures = _alike(frames, final)
    if final.suffix.lower() == ".png":
        first = next(pictures)
        if next(pictures, None) is not None:
            raise RenderError(f"{final.name} can hold one frame only; name a .gif or .mp4 file for a film.")
        return save_picture(first, final)
    if final.suffix.lower() == ".gif":
        return write_atomic(final, _gif(pictures, fps))
    return _write_mp4(pictures, final, fps)


def save_picture(image: Image.Image, path: Path | str) -> Path:
    """Write a picture as PNG."""
    final = check_target(path, (".png",))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return write_atomic(final, buffer.getvalue())


def check_target(path: Path | str, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """Return the path if a file of one of the kinds can be made there; RenderError if not."""
    final = Path(path)
    if final.suffix.lower() not in suffixes:
        kinds = " or ".join(suffixes) if len(suffixes) < 3 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise RenderError(f"{str(path)!r} does not say what kind of file to write; let its name end in {kinds}.")
    if not final.absolute().parent.is_dir():
        raise RenderError(f"There is no folder {final.parent} to write {final.name} to; make it first.")
    if final.is_dir():
        raise RenderError(f"{final} is a folder; name a file.")
    return final


def check_speed(fps: float) -> None:
    """Raise RenderError where a film cannot run at that many frames a second."""
    if not _LEAST_FPS <= fps <= _MOST_FPS:
        raise RenderError(f"A film cannot run at {fps:g} frames a second; choose {_LEAST_FPS:g} to {_MOST_FPS}.")


def _alike(frames: Iterable[Frame], final: Path) -> Iterator[Image.Image]:
    """Yield the frames as RGB pictures, all of one size; RenderError if there is none or one differs."""
    size = None
    for n, frame in enumerate(frames):
        image = (frame if isinstance(frame, Image.Image) else Image.fromarray(frame)).convert("RGB")
        if size is None:
            size = image.size
        if image.size != size:
            raise RenderError(
                f"Frame {n} of {final.name} is {image.width} x {image.height} pixels, the first {size[0]} x {size[1]}; "
                "draw all alike."
            )
        yield image
    if size is None:
        raise RenderError(f"There are no frames to write to {final.name}; give at least one.")


def _gif(pictures: Iterator[Image.Image], fps: float) -> bytes:
    """Return a GIF that repeats for ever, of one palette, in which a frame holds only what has changed."""
    first = list(itertools.islice(pictures, _LOOKED_AT))
    palette = _palette(first)
    frames = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in itertools.chain(first, pictures))
    buffer = io.BytesIO()
    start = next(frames)
    rest = list(frames)
    clock = [round(100 * n / fps) for n in range(len(rest) + 2)]  # hundredths: rounded so that no time is lost
    durations = [10 * (after - before) for before, after in itertools.pairwise(clock)]
    start.save(
        buffer, "GIF", save_all=True, append_images=rest, duration=durations if rest else durations[0], loop=0,
        optimize=True, disposal=1,
    )  # fmt: skip
    return buffer.getvalue()


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """Return a palette in which rare colours count, too: an agent is few pixels, but what the film is about."""
    counts: dict[int, int] = {}
    for image in pictures:
        pixels = np.asarray(image).astype(np.uint32)
        packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
        for colour, n in zip(*(part.tolist() for part in np.unique(packed, return_counts=True)), strict=True):
            counts[colour] = counts.get(colour, 0) + n
    order = sorted(counts, key=counts.__getitem__, reverse=True)
    common, rare = order[:_EXACT], order[_EXACT:]
    weights = [math.ceil(counts[colour] ** 0.4) for colour in rare]
    later = [mix(colour, INK, share) for colour in accents() for share in (0.0, 0.0, 0.3, 0.45)]
    sample = np.concatenate([_unpack(np.repeat(np.array(rare, np.uint32), weights)), np.array(later, np.uint8)])
    mixed = Image.fromarray(sample[None]).quantize(_COLOURS - len(common), method=Image.Quantize.MEDIANCUT, kmeans=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*_unpack(np.array(common, np.uint32)).ravel().tolist(), *(mixed.getpalette() or [])])
    return palette


def _unpack(packed: NDArray[np.uint32]) -> Bytes:
    """Return colours (n, 3) from numbers that hold their three bytes."""
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1).astype(np.uint8)


def _write_mp4(pictures: Iterator[Image.Image], final: Path, fps: float) -> Path:
    """Write H.264 that plays everywhere: yuv420p, even sizes, the index first."""
    import imageio_ffmpeg  # finding ffmpeg takes time that pictures need not spend

    first = next(pictures)
    size = (first.width + first.width % 2, first.height + first.height % 2)
    part = final.with_name(f"{final.name}.{os.getpid()}{PART}")
    options = ["-crf", str(_CRF), "-preset", "medium", "-movflags", "+faststart", "-f", "mp4"]
    try:
        writer: Generator[None, bytes | None, None] = imageio_ffmpeg.write_frames(
            str(part), size, fps=fps, codec="libx264", quality=None, macro_block_size=2, output_params=options,
            ffmpeg_log_level="error",
        )  # fmt: skip
        with contextlib.closing(writer):
            writer.send(None)
            for image in itertools.chain([first], pictures):
                writer.send(_even(image, size).tobytes())
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        seal(part, final)
    except OSError as error:
        raise as_disk_error(error, final) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return final


def _even(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture with its last row and column repeated up to a size."""
    if image.size == size:
        return image
    pixels = np.asarray(image)
    room = ((0, size[1] - image.height), (0, size[0] - image.width), (0, 0))
    return Image.fromarray(np.pad(pixels, room, mode="edge"))
