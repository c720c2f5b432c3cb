"""What was said as corpora: JSON lists of whole numbers a line, as XferBench and ELCC take them.

XferBench (Boldt & Mortensen, NAACL 2024) reads a file whose every line is a JSON array of whole numbers, the tokens of
one utterance. ELCC (Boldt & Mortensen 2024, arXiv:2407.04158) keeps such files as systems/<system>/data/<variant>/
corpus.jsonl, the same as one array in corpus.json, with metadata.json beside them, and metadata.yml and system.json of
the system: `origin` (name, source, upstream_source, paper) and `system` (game_type, game_subtype, data_source,
observation_type, observation_continuous, seeding_available, multi_step, multi_utterance, more_than_2_agents,
symmetric_agents, variants). What a recording does not know is null, to be filled in by hand.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.exports.files import Written, new_file, new_folder
from commlab.datasets.imports.options import Watch
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError

__all__ = ["LINES", "export_elcc", "export_xferbench"]

Array = np.ndarray[Any, Any]
LINES = ("utterance", "episode")


class Counts(NamedTuple):
    """What a corpus came to."""

    n_lines: int
    n_tokens: int
    n_types: int
    n_utterances: int
    most_in_episode: int  # utterances


def export_xferbench(
    recording: Recording, path: Path, lines: str = "utterance", force: bool = False, watch: Watch | None = None
) -> Written:
    """Write each utterance, or all those of an agent in an episode, as a line. Raises DataError for a silent one."""
    check(recording, lines)
    with new_file(path, force) as part:
        counts = write_lines(recording, part, lines, watch)
    return Written(path, counts.n_lines, path.stat().st_size, notices(counts))


def export_elcc(
    recording: Recording, path: Path, lines: str = "utterance", force: bool = False, watch: Watch | None = None
) -> Written:
    """Write a folder as ELCC has one for each system. Raises DataError where nothing is said."""
    check(recording, lines)
    import yaml

    name = str((recording.attrs.get("scenario") or {}).get("name") or "commlab")
    variant = path.name
    with new_folder(path, force, "metadata.yml") as folder:
        data = folder / "data" / variant
        data.mkdir(parents=True)
        counts = write_lines(recording, data / "corpus.jsonl", lines, watch)
        as_array(data / "corpus.jsonl", data / "corpus.json")
        system = {"origin": {"name": name, "source": None, "upstream_source": None, "paper": None}}
        system["system"] = system_facts(recording, counts, variant)
        (folder / "metadata.yml").write_text(yaml.safe_dump(system, sort_keys=False, allow_unicode=True), "utf-8")
        (folder / "system.json").write_text(json.dumps(system, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (data / "metadata.json").write_text(
            json.dumps(corpus_facts(recording, counts, lines), indent=2) + "\n", "utf-8"
        )
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    missing = "metadata.yml has null where the recording does not know: source, paper and kind of game; fill them in."
    return Written(path, counts.n_lines, size, (*notices(counts), missing))


def check(recording: Recording, lines: str) -> None:
    """Raise DataError where a corpus cannot be made."""
    if lines not in LINES:
        raise DataError(f"A line of a corpus is one of {', '.join(LINES)}, not {lines!r}.")
    if "channel/said" not in recording:
        raise DataError(f"{recording.path} holds no channel/said: there is nothing to make a corpus of.")


def write_lines(recording: Recording, path: Path, lines: str, watch: Watch | None) -> Counts:
    """Write the corpus and count it."""
    n_lines = n_tokens = n_utterances = most = n_done = 0
    types: set[int] = set()
    with open(path, "w", encoding="utf-8") as file:
        for block in recording.blocks():
            for line, used in lines_of(block, lines):
                file.write(json.dumps(line) + "\n")
                n_lines, n_tokens, n_utterances = n_lines + 1, n_tokens + len(line), n_utterances + used
                types.update(line)
            spoken = block["channel/said"][:].any(axis=2).sum(axis=1)
            most = max(most, int(np.bincount(block.row_episode, spoken).max(initial=0)))
            n_done += block.n_steps
            if watch is not None:
                watch(n_done / recording.n_steps, f"{n_lines:,} lines")
    if not n_lines:
        raise DataError(f"Nobody says anything in {recording.path}: there is nothing to make a corpus of.")
    return Counts(n_lines, n_tokens, len(types), n_utterances, most)


def lines_of(block: Recording, lines: str) -> Iterator[tuple[list[int], int]]:
    """The tokens of each line, and how many utterances it holds: episode by episode, agent by agent."""
    said = block["channel/said"][:]
    for start, length in zip(block.episodes.start.tolist(), block.episodes.length.tolist(), strict=True):
        for agent in range(said.shape[1]):
            spoken = [tokens(message) for message in said[start : start + length, agent].tolist()]
            spoken = [message for message in spoken if message]
            if lines == "utterance":
                yield from ((message, 1) for message in spoken)
            elif spoken:
                yield [token for message in spoken for token in message], len(spoken)


def tokens(message: list[int]) -> list[int]:
    """A message without the silence after its last symbol."""
    while message and message[-1] == 0:
        message.pop()
    return message


def as_array(lines: Path, path: Path) -> None:
    """Write the lines as one JSON array."""
    with open(lines, encoding="utf-8") as source, open(path, "w", encoding="utf-8") as file:
        file.write("[\n")
        for number, line in enumerate(source):
            file.write((",\n" if number else "") + line.rstrip("\n"))
        file.write("\n]\n")


def system_facts(recording: Recording, counts: Counts, variant: str) -> dict[str, Any]:
    """What ELCC asks about a system, as far as the recording knows."""
    return {
        "game_type": None,
        "game_subtype": None,
        "data_source": "synthetic",
        "observation_type": None,
        "observation_continuous": None,
        "seeding_available": recording.attrs.get("seed") is not None,
        "multi_step": bool(recording.episodes.length.max() > 1),
        "multi_utterance": counts.most_in_episode > 1,
        "more_than_2_agents": recording.n_agents > 2,
        "symmetric_agents": None,
        "variants": {variant: {}},
    }


def corpus_facts(recording: Recording, counts: Counts, lines: str) -> dict[str, Any]:
    """What is known of the corpus itself."""
    return {
        "line": lines,
        "lines": counts.n_lines,
        "tokens": counts.n_tokens,
        "types": counts.n_types,
        "utterances": counts.n_utterances,
        "episodes": recording.n_episodes,
        "symbols": {str(code): name for code, name in recording.codes.get("symbols", {}).items()},
        "recording": str(recording.attrs.get("fingerprint", "")),
        "commlab_version": str(recording.attrs.get("commlab_version", "")),
    }


def notices(counts: Counts) -> tuple[str, ...]:
    """A word of warning about a corpus."""
    if counts.n_tokens == counts.n_lines:
        return ("Every line is one token: --lines episode puts all that an agent says in an episode on one line.",)
    return ()
