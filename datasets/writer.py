"""The recording writer: shards in the background, sealed one by one; merged at the end; resumed after a kill."""

import fcntl
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from commlab.datasets.codecs import check_codec
from commlab.datasets.merge import merge_shards
from commlab.datasets.schema import SCHEMA_VERSION, checked_columns, checked_episodes
from commlab.datasets.shards import (
    Shard,
    file_attributes,
    fingerprint,
    parts_folder,
    shard_files,
    write_shard,
)
from commlab.foundation.atomic import PART
from commlab.foundation.disk import as_disk_error, require_space
from commlab.foundation.errors import RecordingError

__all__ = ["RecordingWriter"]

WAITING = 2  # shards that may wait in memory for the background thread


class RecordingWriter:
    """Writes a recording of `n_episodes` to `path`, `shard_episodes` a shard.

    A killed recording leaves sealed shards in `<path>.parts/`; a writer made with the same facts takes them up again
    (`sealed`), and the file comes out the same. Shards are compressed in a background thread, which holds no lock of
    the interpreter's while it compresses: arrays handed over belong to the writer and must not be written to again.
    """

    def __init__(
        self,
        path: Path | str,
        header: Mapping[str, Any],
        n_episodes: int,
        shard_episodes: int = 64,
        codec: str = "blosc",
        force: bool = False,
    ) -> None:
        """Open the shards' folder. Raises RecordingError where a recording, or shards of another one, are in the way.

        header: root attributes, see DESIGN; its "columns" {"observation/vector": [names]} labels columns. All of it but
        command, git_revision, provenance and time goes into the fingerprint.
        """
        if n_episodes < 1 or shard_episodes < 1:
            raise RecordingError(
                f"A recording needs 1 episode or more, a shard too: got {n_episodes}, {shard_episodes}."
            )
        self.path = Path(path)
        self.folder = parts_folder(self.path)
        self.codec = check_codec(codec)
        self.n_episodes, self.shard_episodes = n_episodes, shard_episodes
        facts = {**header, "schema_version": SCHEMA_VERSION, "shard_episodes": shard_episodes, "codec": codec}
        facts["n_episodes"] = n_episodes
        self.header = {**facts, "fingerprint": fingerprint(facts)}
        self.complete = False
        self.jobs: list[Future[int]] = []
        self.lock: int | None = None
        self.shards: dict[int, Path] = {}
        self.take_folder(force)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="recording")
        self.require_space_for_rest()

    @property
    def n_shards(self) -> int:
        """How many shards make the recording."""
        return -(-self.n_episodes // self.shard_episodes)

    @property
    def sealed(self) -> frozenset[int]:
        """The numbers of the shards that are on the disk and need not be recorded again."""
        return frozenset(range(self.n_shards) if self.complete else self.shards)

    def write_shard(self, number: int, episodes: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
        """Hand over shard `number`, episodes number * shard_episodes onwards; it is sealed in the background.

        episodes: fields of schema.EPISODE_FIELDS (E_shard, …), kinship as a matrix (A, A) each; columns: schema.COLUMNS
        (S_shard, …), episode after episode. steps/episode, steps/t and episodes/start are filled in by the writer.
        Raises RecordingError for a wrong number, column or shape, and what went wrong with an earlier shard.
        """
        shard = self.checked(number, episodes, columns)
        rows = int(shard.episodes["length"].sum())
        usual = rows // len(shard.episodes["length"]) * self.shard_episodes
        if not self.shards and not self.jobs:
            raw = sum(values.nbytes for values in shard.columns.values())
            require_space(self.path.parent, raw, f"A shard of {self.path}")
        while len(self.jobs) >= WAITING:
            self.take_result()
        self.jobs.append(self.thread.submit(write_shard, self.folder, shard, self.header, self.codec, usual))

    def finish(self) -> Path:
        """Merge the shards into `path`, verify it, remove them; returns the path.

        Raises RecordingError where shards are missing and DiskError where the disk is full; sealed shards stay then.
        """
        while self.jobs:
            self.take_result()
        if not self.complete:
            self.shards = shard_files(self.folder)
            missing = [number for number in range(self.n_shards) if number not in self.shards]
            if missing:
                raise RecordingError(
                    f"{self.path} is not finished: {len(missing)} of {self.n_shards} shards are missing, the first is "
                    f"{missing[0]}; run the same command again to record them."
                )
            files = [self.shards[number] for number in range(self.n_shards)]
            merge_shards(files, self.path, self.header, self.codec, self.n_episodes)
            self.complete = True
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()
        return self.path

    def close(self) -> None:
        """Wait for the background thread and let go of the folder; sealed shards stay for a later resume."""
        try:
            while self.jobs:
                self.take_result()
        finally:
            self.thread.shutdown()
            self.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def unlock(self) -> None:
        """Let go of the folder."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def take_result(self) -> None:
        """Wait for the oldest shard in the background; after the first one the size of the whole is known."""
        first = not self.shards
        self.jobs.pop(0).result()
        self.shards = shard_files(self.folder)
        if first:
            self.require_space_for_rest()

    def require_space_for_rest(self) -> None:
        """Raise DiskError unless the missing shards and the merged file fit on the disk, going by those there are."""
        if not self.shards or self.complete:
            return
        size = sum(shard.stat().st_size for shard in self.shards.values()) / len(self.shards)
        still = self.n_shards - len(self.shards) - len(self.jobs) + self.n_shards
        require_space(self.path.parent, int(size * still), f"The recording {self.path}")

    def checked(self, number: int, episodes: Mapping[str, Any], columns: Mapping[str, Any]) -> Shard:
        """The shard with every array as it is stored."""
        if not 0 <= number < self.n_shards:
            raise RecordingError(f"Shard {number} is not one of this recording's {self.n_shards}: count from 0.")
        fields = checked_episodes(episodes)
        expected = min(self.shard_episodes, self.n_episodes - number * self.shard_episodes)
        if len(fields["length"]) != expected:
            raise RecordingError(f"Shard {number} has {len(fields['length'])} episodes: it must have {expected}.")
        return Shard(number, fields, checked_columns(columns, int(fields["length"].sum())))

    def take_folder(self, force: bool) -> None:
        """Make the shards' folder this writer's own: stale files go, fitting shards are taken up, others refused."""
        finished = file_attributes(self.path) if self.path.exists() else None
        ours = finished is not None and finished.get("fingerprint") == self.header["fingerprint"]
        if self.path.exists() and not force:
            self.complete = ours and self.folder.is_dir()  # killed while it removed the shards of a finished merge
            if not self.complete:
                raise RecordingError(
                    f"{self.path} exists already and is not replaced: use --force to replace it, or another path."
                )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise as_disk_error(error, self.folder) from error
        self.lock = locked(self.folder)
        for stale in (*self.folder.glob(f"*{PART}"), self.path.with_name(self.path.name + PART)):
            stale.unlink(missing_ok=True)
        self.shards = self.fitting_shards(force)

    def fitting_shards(self, force: bool) -> dict[int, Path]:
        """The whole shards of this very recording; damaged ones are removed, and with `force` other recordings' too."""
        fitting = {}
        for number, file in shard_files(self.folder).items():
            attributes = file_attributes(file)
            if attributes is not None and attributes.get("fingerprint") == self.header["fingerprint"]:
                fitting[number] = file
            elif attributes is None or force:
                file.unlink()
            else:
                self.unlock()
                raise RecordingError(
                    f"{self.folder} holds shards of another recording (other settings, seed or checkpoint): use "
                    "--force to replace them, or record to another path."
                )
        return fitting


def locked(folder: Path) -> int | None:
    """A handle on the folder that no other process holds; None where the file system knows no locks.

    Raises RecordingError while another process is writing there. The lock goes with the process, however it ends.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RecordingError(
            f"Another process is recording to {folder} now: wait for it, or record to another path."
        ) from error
    except OSError:
        os.close(handle)
        return None
    return handle
