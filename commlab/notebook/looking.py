"""The commands that look, as methods of a run: what is told, meant, measured and done in its recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from commlab.foundation.result import Result, Results
from commlab.notebook.working import Working, listed

if TYPE_CHECKING:
    from commlab.probes.decode.lexicon import Lexicon

__all__ = ["Looking"]


class Looking(Working):
    """What can be read from a run."""

    def probe(
        self,
        target: str = "resource_location",
        source: str | None = None,
        of: str | None = None,
        lag: int = 0,
        *,
        lags: str | None = None,
        model: str = "linear",
        given: str | None = None,
        description_length: bool = False,
        v_information: bool = False,
        circular: bool = False,
        unseen: bool | None = None,
        max_rows: int | None = None,
        nulls: int = 199,
        folds: int = 5,
        seed: int = 0,
        jobs: int | None = None,
        save: bool = True,
    ) -> Result:
        """Decode a target from messages or hidden states, on held-out episodes, against its nulls."""
        from commlab.commands.probe import Wish, ask

        asked = Wish(target, source, of, lag, lags, model, given, description_length, v_information, circular)
        wish = asked._replace(unseen_only=unseen, max_rows=max_rows, n_null=nulls, n_folds=folds, seed=seed, jobs=jobs)
        with self._at_work():
            found = ask(str(self.path), wish)
            return self._kept(found, save)[0]

    def lexicon(
        self,
        of: str | None = None,
        targets: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Lexicon:
        """What each symbol (or message, or part of one) means, with the evidence."""
        from commlab.commands.lexicon import read_lexicon
        from commlab.probes.decode.lexicon import Lexicon

        with self._at_work():
            found = read_lexicon(str(self.path), of, targets, nulls, seed)
            return Lexicon.from_result(self._kept([found], save)[0])

    def information(
        self,
        target: str = "resource_location",
        of: str | None = None,
        lag: int = 0,
        given: str | None = None,
        by_kinship: bool = False,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Count the bits that messages carry about a target, corrected for what chance gives."""
        from commlab.commands.information import Wish, count

        with self._at_work():
            found = count(str(self.path), Wish(target, of, lag, nulls, seed, given, by_kinship))
            return self._kept([found], save)[0]

    def metrics(
        self,
        targets: Sequence[str] | None = None,
        of: str | None = None,
        lag: int = 0,
        reaction: int = 1,
        threshold: float = 0.0,
        distances: str = "edit,hamming",
        only: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Results:
        """The numbers of the language, by name, each with its interval, its null and its catch."""
        from commlab.commands.metrics import Wish, measure

        wish = Wish(listed(targets), of, lag, reaction, threshold, distances, listed(only), nulls, seed)
        with self._at_work():
            found = self._kept(measure(str(self.path), wish), save)
        return Results({result.name.removeprefix("metrics-"): result for result in found})

    def cluster(
        self,
        source: str | None = None,
        of: str | None = None,
        k: int | None = None,
        method: str = "kmeans",
        every_step: bool | None = None,
        targets: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Cluster hidden states, or the contexts in which agents speak, and say what goes with each cluster."""
        from commlab.commands.cluster import Wish, find_clusters

        wish = Wish(source, of, k, method, every_step, tuple(targets) if targets else None, nulls, seed)
        with self._at_work():
            return self._kept([find_clusters(str(self.path), wish)], save)[0]

    def minds(
        self,
        targets: Sequence[str] | None = None,
        source: str = "hidden",
        of: str | None = None,
        *,
        with_heard: bool = False,
        in_view: bool = False,
        nulls: int = 199,
        folds: int = 5,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Look into hidden states for plans and for others, beyond what a probe makes of the agent's history."""
        from commlab.commands.minds import look_into
        from commlab.commands.names import names_in
        from commlab.probes.decode.minds import MINDS, Minds

        named = listed(targets)
        names = MINDS if named is None else tuple(names_in(named, "targets", "own_next_action,danger"))
        question = Minds(names, source, of, with_heard, in_view, n_folds=folds, n_null=nulls, seed=seed)
        with self._at_work():
            return self._kept([look_into(str(self.path), question)], save)[0]

    def formation(
        self,
        targets: Sequence[str] | None = None,
        of: str | None = None,
        episodes: int = 192,
        most: int = 24,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Tell how the language formed: each checkpoint plays the same episodes, and its speech is measured."""
        from commlab.commands.formation import Wish, look_back

        wish = Wish(tuple(targets) if targets else None, of, episodes, nulls, seed, most)
        with self._at_work():
            return self._kept([look_back(self.folder, wish, self._call("formation"))], save)[0]

    def behaviour(
        self,
        by: str | None = None,
        of: str | None = None,
        most: int = 7,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Map where agents are and where they go from there, by what they heard last, or another target."""
        from commlab.commands.behaviour import Wish, observe

        with self._at_work():
            return self._kept([observe(str(self.path), Wish(by, of, most, nulls, seed))], save)[0]

    def trajectories(
        self,
        by: str | None = None,
        source: str = "hidden",
        of: str | None = None,
        *,
        steps: int | None = None,
        before: int = 4,
        most: int = 8,
        plane: str = "courses",
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Follow hidden states from when something was heard on, or another target began, and say how far they part."""
        from commlab.commands.trajectories import Wish, follow

        asked = Wish(source=source, of=of, steps=steps, before=before, most=most, plane=plane, n_null=nulls, seed=seed)
        wish = asked if by is None else asked._replace(by=by)
        with self._at_work():
            return self._kept([follow(str(self.path), wish)], save)[0]

    def audience(self, nulls: int = 199, seed: int = 0, save: bool = True) -> Result:
        """Count who is heard by whom, how often, and whether agents speak more where kin can hear them."""
        from commlab.commands.audience import count

        with self._at_work():
            return self._kept([count(str(self.path), nulls, seed)], save)[0]
