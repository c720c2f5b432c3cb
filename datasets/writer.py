"""The recording writer: shards sealed one by one and merged in the background; resumed after a kill."""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from commlab.datasets.claim import claim_folder, fitting_shards, is_recording, remove_stale
from commlab.datasets.codecs import check_codec
from commlab.datasets.episodes import derived_columns, table_of
from commlab.datasets.merge import Merger
from commlab.datasets.schema import SCHEMA_VERSION, checked_columns, checked_episodes
from commlab.datasets.shards import Shard, fingerprint, parts_folder, seal_shard, shard_file
from commlab.foundation.disk import require_space
from commlab.foundation.errors import RecordingError
from commlab.foundation.provenance import utc_now

__all__ = ["RecordingWriter"]

WAITING = 2  # shards that may wait in memory for the background thread


class RecordingWriter:
    """Writes a recording of `n_episodes` (None: of as many as come) to `path`, `shard_episodes` a shard.

    A killed recording leaves sealed shards in `<path>.parts/`; a writer made with the same facts takes them up again
    (`sealed`), and the file comes out the same. Shards are compressed, sealed and merged in a background thread, which
    mostly works without the interpreter's lock.
    """

    def __init__(
        self,
        path: Path | str,
        header: Mapping[str, Any],
        n_episodes: int | None,
        shard_episodes: int = 64,
        codec: str = "zstd",
        force: bool = False,
    ) -> None:
        """Claim the shards' folder. Raises RecordingError where a recording, or shards of another one, are in the way.

        header: root attributes, see DESIGN; its "columns" {"observation/vector": [names]} labels columns. All of it but
        command, git_revision, provenance and time goes into the fingerprint. A recording of as many episodes as come is
        never taken up again: what a killed one has sealed stays readable in `<path>.parts/` until it is forced away.
        """
        if (n_episodes is not None and n_episodes < 1) or shard_episodes < 1:
            raise RecordingError(
                f"A recording needs 1 episode or more, a shard too: got {n_episodes}, {shard_episodes}."
            )
        self.path = Path(path)
        self.folder = parts_folder(self.path)
        self.grows = n_episodes is None
        self.n_episodes, self.shard_episodes, self.codec = n_episodes or 0, shard_episodes, check_codec(codec)
        facts = {**header, "schema_version": SCHEMA_VERSION, "n_episodes": n_episodes}
        facts |= {"shard_episodes": shard_episodes, "codec": codec}
        if self.grows:
            facts["begun"] = utc_now()  # no other recording has the same fingerprint
        self.header = {**facts, "fingerprint": fingerprint(facts)}
        self.complete = self.already_complete(force)
        self.lock = claim_folder(self.folder)
        try:
            remove_stale(self.folder, self.path)
            self.shards = fitting_shards(self.folder, self.header["fingerprint"], force)
            self.merger = Merger(self.path, codec)
            self.require_space_for_rest()
        except Exception:
            self.unlock()
            raise
        self.jobs: list[Future[tuple[int, Path]]] = []
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="recording")

    @property
    def n_shards(self) -> int:
        """How many shards make the recording (so far, where it grows)."""
        return -(-self.n_episodes // self.shard_episodes)

    @property
    def sealed(self) -> frozenset[int]:
        """The numbers of the shards that are on the disk and need not be recorded again."""
        return frozenset(range(self.n_shards) if self.complete else self.shards)

    def write_shard(self, number: int, episodes: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
        """Hand over shard `number`, episodes number * shard_episodes onwards; it is sealed in the background.

        Where the number of episodes was not given, shards come in order and only the last may have fewer episodes.

        episodes: fields of schema.EPISODE_FIELDS (E_shard, …), kinship as a matrix (A, A) each; columns: schema.COLUMNS
        (S_shard, …), episode after episode. steps/episode, steps/t and episodes/start are filled in by the writer. The
        arrays belong to the writer from here on and must not be written to. Raises RecordingError for a wrong number,
        column or shape, and DiskError where this or an earlier shard does not fit on the disk.
        """
        shard = self.checked(number, episodes, columns)
        if not self.shards and not self.jobs:
            raw = sum(values.nbytes for values in shard.columns.values())
            require_space(self.path.parent, raw, f"A shard of {self.path}")
        while len(self.jobs) >= WAITING:
            self.take_result()
        self.jobs.append(self.thread.submit(self.record, shard, dict(self.shards)))

    def finish(self) -> Path:
        """Finish the file at `path`, verify it, remove the shards; returns the path.

        Raises RecordingError where shards are missing (or nothing was recorded) and DiskError where the disk is full;
        sealed shards stay then.
        """
        while self.jobs:
            self.take_result()
        if not self.complete:
            missing = [number for number in range(self.n_shards) if number not in self.shards]
            if self.n_episodes == 0:
                raise RecordingError(f"{self.path} is not written: no episode was recorded to its end.")
            if missing:
                raise RecordingError(
                    f"{self.path} is not finished: {len(missing)} of {self.n_shards} shards are missing, the first is "
                    f"{missing[0]}; run the same command again to record them."
                )
            self.catch_up(self.shards)
            self.merger.finish({**self.header, "n_episodes": self.n_episodes}, self.n_episodes)
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
            self.merger.close()
            self.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def already_complete(self, force: bool) -> bool:
        """Whether an earlier run was killed after it had finished the file and before it had removed all shards.

        Raises RecordingError where any other recording lies at `path`, unless `force` is set.
        """
        if force or not self.path.exists():
            return False
        if self.folder.is_dir() and is_recording(self.path, self.header["fingerprint"]):
            return True
        raise RecordingError(
            f"{self.path} exists already and is not replaced: use --force to replace it, or another path."
        )

    def checked(self, number: int, episodes: Mapping[str, Any], columns: Mapping[str, Any]) -> Shard:
        """The shard with every array as it is stored."""
        if not self.grows and not 0 <= number < self.n_shards:
            raise RecordingError(f"Shard {number} is not one of this recording's {self.n_shards}: count from 0.")
        fields = checked_episodes(episodes)
        n_given = len(fields["length"])
        self.check_place(number, n_given)
        stored = checked_columns(columns, int(fields["length"].sum()))
        self.n_episodes += n_given if self.grows else 0
        return Shard(number, table_of(fields), derived_columns(fields["length"]) | stored)

    def check_place(self, number: int, n_given: int) -> None:
        """Raise RecordingError unless shard `number` may come now and have `n_given` episodes."""
        if self.grows:
            if number != self.n_shards or self.n_episodes % self.shard_episodes or n_given > self.shard_episodes:
                raise RecordingError(
                    f"Shard {number} of {n_given} episodes cannot come after {self.n_episodes} episodes: shards of a "
                    f"growing recording come in order, {self.shard_episodes} episodes each but for the last."
                )
            return
        expected = min(self.shard_episodes, self.n_episodes - number * self.shard_episodes)
        if n_given != expected:
            raise RecordingError(f"Shard {number} has {n_given} episodes: it must have {expected}.")

    def record(self, shard: Shard, sealed: Mapping[int, Path]) -> tuple[int, Path]:
        """Seal a shard and merge it where it comes next; runs in the background."""
        lengths = shard.table.lengths
        usual_rows = int(lengths.sum()) // len(lengths) * self.shard_episodes
        with shard_file(shard, self.header, self.codec, usual_rows) as file:
            path = seal_shard(self.folder, shard.number, file)
            self.catch_up({number: done for number, done in sealed.items() if number < shard.number})
            if self.merger.next == shard.number:
                self.merger.add(file, shard.table, list(shard.columns))
        return shard.number, path

    def catch_up(self, sealed: Mapping[int, Path]) -> None:
        """Merge what is sealed and comes next."""
        while self.merger.next in sealed:
            self.merger.add_file(sealed[self.merger.next])

    def take_result(self) -> None:
        """Wait for the oldest shard in the background; after the first one the size of the whole is known."""
        first = not self.shards
        number, path = self.jobs.pop(0).result()
        self.shards[number] = path
        if first:
            self.require_space_for_rest()

    def require_space_for_rest(self) -> None:
        """Raise DiskError unless the missing shards and the merged file fit on the disk, going by those there are."""
        if not self.shards or self.complete:
            return
        size = sum(shard.stat().st_size for shard in self.shards.values()) / len(self.shards)
        still = 2 * self.n_shards - len(self.shards) - self.merger.next
        require_space(self.path.parent, int(size * still), f"The recording {self.path}")

    def unlock(self) -> None:
        """Let go of the folder."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None
