"""The commands that interfere, as methods of a run: what becomes of agents when something is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commlab.foundation.result import Result, Results
from commlab.notebook.working import Working

__all__ = ["Interfering"]


class Interfering(Working):
    """What can be changed in a run's agents, or between them."""

    def inject(
        self,
        message: int | None = None,
        speaker: str | int = "phantom",
        listener: int | None = None,
        at: int | None = None,
        duration: int = 12,
        versus: str | int = "silence",
        kinship: float = 1.0,
        slots: int = 1,
        by: str | None = None,
        episodes: int | None = None,
        seed: int | None = None,
        nulls: int = 199,
        save: bool = True,
    ) -> Result:
        """Inject a message and see what listeners do, beside twin worlds that differ by that message alone.

        by: vary symbol, listener, kinship, moment or dose instead; with commas every combination.
        """
        from commlab.commands.inject import Injecting, find_doses, find_effect

        wish = Injecting(message, str(speaker), listener, at, duration, str(versus), kinship, slots, by, episodes, seed)
        with self._at_work():
            if by is not None:
                return self._kept([find_doses(self.folder, wish.sweep(), nulls, self._call("inject"))], save)[0]
            found, where = find_effect(self.folder, wish.injection(), nulls, self._call("inject"))
            return self._kept([found] if where is None else [found, where], save)[0]

    def experiment(
        self,
        file: str | Path,
        episodes: int | None = None,
        seed: int | None = None,
        nulls: int = 199,
        save: bool = True,
    ) -> Result:
        """Run the experiment of a YAML file (`commlab inject --file`); "a-word" is one that ships."""
        from commlab.commands import experiment as commands

        wish = commands.wish_of(str(file), episodes, seed)
        with self._at_work():
            found = commands.find_difference(self.folder, wish, nulls, self._call("experiment"))
            if save:
                commands.save(self.folder, wish, found)
        return found

    def influence(self, episodes: int | None = None, seed: int = 0, save: bool = True) -> Result:
        """How many bits of listeners' next action it decides which message they hear."""
        from commlab.commands.influence import listen

        with self._at_work():
            found = listen(self.folder, None, episodes, seed, self._call("influence"))
            return self._kept([result for result in found if result is not None], save)[0]

    def verdict(self, episodes: int | None = None, untrained: bool = False, seed: int = 0, save: bool = True) -> Result:
        """Say whether this is communication, or which part of it is missing. Of the untrained nothing is saved."""
        from commlab.commands.verdict import judge

        with self._at_work():
            battery = judge(self.folder, None, untrained, episodes, seed, self._call("verdict"))
            self._kept(battery.results, save and not untrained)
        return battery.result

    def understanding(self, episodes: int = 1024, seed: int = 0, save: bool = True) -> Result:
        """How often listeners go where they are sent with the speakers' own words (`commlab talk --score`)."""
        from commlab.commands.score import understand

        with self._at_work():
            return self._kept([understand(self.folder, episodes, seed, self._call("understanding"))], save)[0]

    def patch(
        self,
        target: str = "resource_location",
        of: str = "listeners",
        layer: str = "core",
        at: int | None = None,
        duration: int | None = None,
        *,
        whole: bool = False,
        told: bool = False,
        deaf: bool = False,
        episodes: int = 512,
        seed: int = 0,
        nulls: int = 99,
        save: bool = True,
    ) -> Result:
        """Give agents the hidden state that they had in another episode, and see what they do.

        whole: all of the state, for one step. told: of twins that are told another value. deaf: nothing is heard after.
        """
        from commlab.commands.patch import find_exchanged
        from commlab.probes.cause.hidden.cases import Wish

        wish = Wish(target, of, layer, at, duration, deaf, whole, told, episodes, seed, nulls)
        with self._at_work():
            return self._kept([find_exchanged(str(self.path), wish, self._call("patch"))[1]], save)[0]

    def steer(
        self,
        target: str = "resource_location",
        of: str = "listeners",
        layer: str = "core",
        at: int | None = None,
        duration: int | None = None,
        *,
        dose: float = 1.0,
        doses: Sequence[float] | str | None = None,
        irrelevant: str | None = None,
        deaf: bool = False,
        episodes: int = 512,
        seed: int = 0,
        nulls: int = 99,
        save: bool = True,
    ) -> Result:
        """Add to hidden states what leads from one value of a target to another, and see what agents do.

        dose: 1 leads from the mean of one value to that of another. irrelevant: the target to compare with.
        """
        from commlab.commands.steer import Steering, find_steered
        from commlab.probes.cause.hidden.cases import Wish

        wish = Wish(target, of, layer, at, duration, deaf, n_episodes=episodes, seed=seed, n_null=nulls)
        how = Steering(dose, None if doses is None else numbers(doses), irrelevant)
        with self._at_work():
            return self._kept([find_steered(str(self.path), wish, how, self._call("steer"))[1]], save)[0]

    def erase(
        self,
        target: str = "resource_location",
        of: str = "listeners",
        layer: str = "core",
        irrelevant: str | None = None,
        episodes: int = 512,
        seed: int = 0,
        nulls: int = 99,
        save: bool = True,
    ) -> Result:
        """Erase from hidden states, at every step, what a linear probe could read of a target; see what agents lose."""
        from commlab.commands.erase import find_lost
        from commlab.probes.cause.hidden.cases import Wish

        wish = Wish(target, of, layer, n_episodes=episodes, seed=seed, n_null=nulls)
        with self._at_work():
            return self._kept([find_lost(str(self.path), wish, irrelevant, self._call("erase"))[1]], save)[0]

    def kinship(
        self,
        shown: Sequence[float] | str = "-1,0,0.25,0.5,0.75,1",
        episodes: int = 256,
        seed: int = 0,
        nulls: int = 199,
        save: bool = True,
    ) -> Results:
        """Show agents kin, or strangers, all else being equal: kinship, honesty and kinship-beliefs, by name."""
        from commlab.commands.kinship import Asked, find_favours

        asked = Asked(numbers(shown), None, None, episodes, seed, nulls)
        with self._at_work():
            found = self._kept(find_favours(str(self.path), asked, self._call("kinship"))[1], save)
        return Results({result.name: result for result in found})

    def crossplay(
        self,
        runs: Sequence[str | Path | Working] | None = None,
        checkpoints: int | None = None,
        families: bool = False,
        episodes: int = 256,
        seed: int = 0,
        nulls: int = 199,
        save: bool = True,
    ) -> Result:
        """Let speakers of this run talk to listeners of other runs, and theirs to its listeners.

        runs: the others; "RUN@first" is a checkpoint of one. Without others, checkpoints of this run, or its families.
        """
        from commlab.commands.crossplay import Pairing, find_understood

        others = [str(run.path) if isinstance(run, Working) else str(run) for run in runs or ()]
        asked = Pairing([str(self.path), *others], checkpoints, families, episodes, seed, nulls)
        with self._at_work():
            return self._kept([find_understood(asked, self._call("crossplay"))[1]], save)[0]


def numbers(given: Sequence[float] | str) -> str:
    """Numbers as commands take them: with commas between."""
    return given if isinstance(given, str) else ",".join(map(str, given))
