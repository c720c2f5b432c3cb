"""The pages' ES modules as one script, which may stand inline in a page: each a function that returns its exports.

The modules are the project's own, written in one way: imports of names (`import { a, b as c } from "./x.js"`) at their
top, and exports of declarations (`export const`, `export function`, `export class`). Anything else is refused.
"""

import re
from collections.abc import Mapping

from commlab.foundation.errors import DataError

__all__ = ["bundled"]

IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\.{1,2}/(?:page/)?([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


def bundled(modules: Mapping[str, str], entry: str) -> str:
    """One script that does what the module `entry` does; `modules` by file name, whichever folder they lie in.

    Raises DataError where a module is missing, is imported in a circle, or is written in another way.
    """
    order: list[str] = []
    visit(modules, entry, order, ())
    return '"use strict";\n' + "\n".join(as_function(name, modules[name]) for name in order)


def visit(modules: Mapping[str, str], name: str, order: list[str], path: tuple[str, ...]) -> None:
    """Put a module into the order, after those that it imports."""
    if name in order:
        return
    if name in path:
        raise DataError(f"The page's modules import each other in a circle: {' > '.join((*path, name))}.")
    if name not in modules:
        raise DataError(f"The page has no module {name}, which {path[-1] if path else 'it'} imports.")
    for _, other in IMPORT.findall(modules[name]):
        visit(modules, other, order, (*path, name))
    order.append(name)


def as_function(name: str, source: str) -> str:
    """A module as a constant of its exports, named after its file."""
    head = "".join(
        f"const {{{given.strip().rstrip(',').replace(' as ', ': ')}}} = {constant(other)};\n"
        for given, other in IMPORT.findall(source)
    )
    exported = EXPORT.findall(source)
    body = EXPORT.sub("", IMPORT.sub("", source))
    if left := LEFT.search(body):
        raise DataError(f"The page's module {name} has a line that cannot be bundled: {left[0].strip()}.")
    return f"const {constant(name)} = (() => {{\n{head}{body}\nreturn {{{', '.join(exported)}}};\n}})();"


def constant(name: str) -> str:
    """The constant that holds a module's exports."""
    return f"module_{re.sub(r'[^a-z0-9]', '_', name.removesuffix('.js').lower())}"
