"""SVG made ready to stand inside a page: no prologue, no comments or metadata, ids that no other figure has."""

import html
import re

__all__ = ["inlined"]


def inlined(svg: str, name: str, title: str) -> str:
    """The <svg> element of a saved figure, ids prefixed with `name`, sized by the page, titled for screen readers."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    prefix = re.sub(r"[^A-Za-z0-9]+", "-", name)
    seen: set[str] = set()
    body = re.sub(r'\sid="([^"]+)"', lambda match: own_id(match[1], prefix, seen), body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    opening, rest = body.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    label = html.escape(title, quote=True)
    return f'{opening} role="img" aria-label="{label}">{rest.strip()}'


def own_id(name: str, prefix: str, seen: set[str]) -> str:
    """The id attribute under its prefix; nothing for a repeated definition, whose first copy serves all its uses."""
    if name in seen:
        return ""
    seen.add(name)
    return f' id="{prefix}-{name}"'
