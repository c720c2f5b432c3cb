"""Writes the tables of docs/file-format.md from the schema and the world's own codes: `make world` runs it."""

from __future__ import annotations

import re
from pathlib import Path

from commlab.datasets.schema import COLUMNS, DERIVED, EPISODE_FIELDS, FEATURE, HIDDEN, Column, column_spec
from commlab.env.loading import load_scenario
from commlab.env.types import Entity, Number, Own, Trait
from commlab.recording import code_tables

PAGE = Path(__file__).parents[1] / "file-format.md"
TYPES = {"b1": "bool", "str": "text", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64"}
TYPES |= {"u1": "uint8", "u2": "uint16", "u8": "uint64", "f2": "float16", "f4": "float32"}
NAMED = {
    "observation/vector": Own,
    "observation/entities": Entity,
    "episodes/numbers": Number,
    "episodes/traits": Trait,
}


def with_tables(page: str) -> str:
    """The page with its tables as the code has them now: each between a mark of its name and its end."""
    for name, table in tables().items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        page, n = pattern.subn(lambda _, text=f"{begin}\n{table}\n{end}": text, page)
        assert n == 1, f"{PAGE.name} has no place for {name}"
    return page


def tables() -> dict[str, str]:
    """All tables of the page, by name."""
    steps = {**COLUMNS, f"{HIDDEN}<name>": column_spec(f"{HIDDEN}x"), f"{FEATURE}<name>": column_spec(f"{FEATURE}x")}
    start = Column(("i8",), "E", "The first row of the episode; the writer fills it in.")
    fields = {"episodes/start": start} | {f"episodes/{name}": spec for name, spec in EPISODE_FIELDS.items()}
    return {"columns": rows(steps), "episodes": rows(fields), "codes": codes(), "names": names()}


def rows(columns: dict[str, Column]) -> str:
    """A table of columns."""
    lines = ["| column | type | axes | what it holds |", "|---|---|---|---|"]
    for name, spec in columns.items():
        types = " or ".join(TYPES[code] for code in spec.dtypes)
        derived = " The writer fills it in." if name in DERIVED else ""
        lines.append(f"| `{name}` | {types} | {', '.join(spec.axes)} | {escaped(spec.sentence)}{derived} |")
    return "\n".join(lines)


def escaped(sentence: str) -> str:
    """A sentence in which <name> is no tag."""
    return sentence.replace("<", "&lt;")


def codes() -> str:
    """A table of the codes of commlab's own world; bodies are those of `arena`, as an example."""
    lines = ["| table | codes |", "|---|---|"]
    for name, table in code_tables(load_scenario("arena")).items():
        known = ", ".join(f"{code} {word}" for code, word in table.items())
        lines.append(f"| `{name}` | {known}{' (of `arena`; each scenario has its own)' if name == 'bodies' else ''} |")
    return "\n".join(lines)


def names() -> str:
    """A table of the named last axes."""
    lines = ["| column | names of its last axis |", "|---|---|"]
    lines += [f"| `{name}` | {', '.join(part.name.lower() for part in enum)} |" for name, enum in NAMED.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
