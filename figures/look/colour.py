"""Colours as numbers: sRGB to OKLab and back, contrast, and a colour's shade that can be read as text.

OKLab: Björn Ottosson, "A perceptual color space for image processing" (2020). Contrast: WCAG 2.2, relative luminance.
"""

from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb

__all__ = ["LEGIBLE", "contrast", "from_oklab", "legible", "luminance", "oklab", "within_gamut"]

Array = np.ndarray[Any, np.dtype[np.floating[Any]]]

LEGIBLE = 4.5  # WCAG AA for text of our sizes

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
FROM_CONES = np.linalg.inv(TO_CONES)
FROM_LAB = np.linalg.inv(TO_LAB)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
HALVINGS = 12  # of the interval in which the largest chroma within the gamut lies


def linear(rgb: Array) -> Array:
    """sRGB in 0..1 without its gamma."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.clip(rgb, 0, None) + 0.055) / 1.055) ** 2.4)


def gamma(light: Array) -> Array:
    """Linear light in 0..1 as sRGB."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.clip(light, 0, None) ** (1 / 2.4) - 0.055)


def oklab(rgb: Array) -> Array:
    """OKLab (lightness, a, b) of sRGB colours (..., 3) in 0..1."""
    return np.asarray(np.cbrt(linear(rgb) @ TO_CONES.T) @ TO_LAB.T)


def from_oklab(lab: Array) -> Array:
    """sRGB of OKLab colours (..., 3); outside of 0..1 where a colour is out of gamut."""
    return gamma((lab @ FROM_LAB.T) ** 3 @ FROM_CONES.T)


def within_gamut(lab: Array) -> Array:
    """sRGB in 0..1 of OKLab colours (..., 3): lightness and hue are kept, chroma is lowered as far as it must be."""
    low, high = np.zeros(lab.shape[:-1]), np.ones(lab.shape[:-1])
    fits = inside(from_oklab(lab))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        good = inside(from_oklab(faded(lab, middle)))
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.asarray(np.clip(from_oklab(faded(lab, np.where(fits, 1.0, low))), 0, 1))


def faded(lab: Array, share: Array) -> Array:
    """The colours with that share of their chroma."""
    return lab * np.stack([np.ones_like(share), share, share], axis=-1)


def inside(rgb: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each colour can be shown, (...) bool."""
    return np.asarray(((rgb > -1e-4) & (rgb < 1 + 1e-4)).all(axis=-1))


def luminance(colour: object) -> float:
    """Relative luminance of a colour that matplotlib knows, 0 black to 1 white."""
    return float(linear(np.asarray(to_rgb(colour))) @ LUMINANCE)  # type: ignore[arg-type]


def contrast(one: object, other: object) -> float:
    """The contrast of two colours, 1 (none) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def legible(colour: str, ground: str = "#ffffff") -> str:
    """The lightest shade of a colour, hue kept, that can be read as text on a light ground."""
    lab = oklab(np.asarray(to_rgb(colour)))
    for lightness in np.arange(lab[0], 0.0, -0.01):
        red, green, blue = within_gamut(np.array([lightness, lab[1], lab[2]]))
        shade = str(to_hex((float(red), float(green), float(blue))))
        if contrast(shade, ground) >= LEGIBLE:
            return shade
    return "#000000"
