"""What mkdocs is told beside its configuration: pages that are made from the code, and where they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from commands import FOLDER, command_names, command_pages
from mkdocs.structure.files import File, Files

PRINTED = re.compile(r'<div class="language-text(?:(?!</div>).)*?│', re.DOTALL)
COMMANDS, DECISIONS = f"{FOLDER}/index.md", "decisions/README.md"


def on_config(config: Any) -> Any:
    """Put a page for each command, and each decision, where the configuration has the page over all of them."""
    decisions = sorted((Path(config.docs_dir) / "decisions").glob("0*.md"))
    rooms: dict[str, list[Any]] = {
        COMMANDS: [{name: f"{FOLDER}/{name}.md"} for name in sorted(command_names())],
        DECISIONS: [f"decisions/{path.name}" for path in decisions],
    }
    config.nav = filled(config.nav, rooms)
    return config


def filled(entry: Any, rooms: dict[str, list[Any]]) -> Any:
    """A navigation, or a part of one, with what belongs beside the pages that are over others."""
    if isinstance(entry, list):
        return [filled(part, rooms) for part in entry]
    if isinstance(entry, dict):
        return {title: filled(part, rooms) for title, part in entry.items()}
    return [entry, *rooms[entry]] if entry in rooms else entry


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made from the code."""
    for path, text in command_pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Mark printed tables, which may not be folded as printed sentences may."""
    return PRINTED.sub(lambda found: found[0].replace("language-text", "language-table", 1), html)
