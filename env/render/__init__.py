"""Worlds as people see them: pictures, films and text for the terminal."""

from commlab.env.render.film import save_film
from commlab.env.render.picture import Options, draw_world, render_rgb
from commlab.env.render.text import render_text

__all__ = ["Options", "draw_world", "render_rgb", "render_text", "save_film"]
