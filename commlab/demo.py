"""`commlab demo`: the whole path in minutes, phase by phase; what is done is not done again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from commlab.agents.checkpoint import Checkpoint, load_checkpoint
from commlab.agents.intervention import Intervention
from commlab.commands.inject import codebook_of
from commlab.commands.record import record_run
from commlab.commands.report import write_with_replay
from commlab.commands.runs import MUTED, UNTRAINED, checkpoint_of, control_checkpoint, recordings_of
from commlab.commands.score import words_of
from commlab.commands.train import train_config, train_run
from commlab.console import out, print_json, say, table
from commlab.datasets.reader import Recording
from commlab.env.loading import load_scenario
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DataError, RunError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result, to_plain
from commlab.foundation.run import RUNS, RunFolder, noticed
from commlab.probes import formation
from commlab.probes.cause.evidence import use, verdict
from commlab.probes.cause.injecting import destinations, injection
from commlab.probes.cause.understanding import score as understanding
from commlab.probes.decode import behaviour, clusters, information, lexicon, metrics, probe, trajectories
from commlab.recording import Request, conditions
from commlab.training.trainer import read_facts

__all__ = ["PROBES", "run_demo"]

SCENARIO = "lookout"
TARGET = "resource_location"
EPISODES = 512
SHORT = 256  # episodes of the control recordings
PROBES = (("said", "speakers"), ("heard", "listeners"), ("hidden", "listeners"))
MUTE = (Intervention("message.in", "mute"),)


def run_demo(
    seed: int, name: str | None, grounding: str, processes: int | None, as_json: bool, command: str | None = None
) -> dict[str, Any]:
    """Train with and without hearing, record, probe, inject and report; return what was found.

    Each phase leaves its files behind, and is passed over if they are there already.
    """
    if grounding not in ("predictive", "positive", "none"):
        raise RunError(f"--grounding is predictive, positive or none, not {grounding!r}.")
    parts = ["demo", *([grounding] if grounding != "predictive" else []), *([f"seed{seed}"] if seed else [])]
    path = Path(name) if name and "/" in name else RUNS / (name or "-".join(parts))
    command = command or f"commlab demo --seed {seed} --grounding {grounding}"
    demo = Demo(noticed(RunFolder(path)), seed, grounding, processes, command)
    demo.train()
    demo.record()
    demo.probe()
    demo.read()
    demo.intervene()
    found = demo.summary()
    with demo.phase("report"):
        page = write_with_replay(demo.run).report
    found = demo.summary()
    if as_json:
        print_json(found)
    else:
        show(found, demo.results())
    say(f"The report: {page}")
    return found


class Demo:
    """One demo run and how long its phases took."""

    def __init__(self, run: RunFolder, seed: int, grounding: str, processes: int | None, command: str) -> None:
        """Describe the demo that lies, or will lie, in `run`."""
        self.run, self.seed, self.grounding = run, seed, grounding
        self.processes, self.command = processes, command
        self._clock = run.path / "phases.json"

    def train(self) -> None:
        """Train agents that hear and, for as many steps, agents that do not."""
        scenario = load_scenario(SCENARIO)
        for phase, folder, mute in (
            ("training", self.run.path, False),
            ("muted training", self.run.controls / "muted-training", True),
        ):
            recipe = train_config(None, {"seed": self.seed, "grounding.kind": self.grounding, "mute": mute})
            with self.phase(phase):
                train_run(folder, scenario, recipe, self.processes, self.command, phase)

    def record(self) -> None:
        """Record the agents, the same episodes with the channel muted, and agents that never learnt."""
        trained, controls = checkpoint_of(self.run), self.run.controls
        untrained = load_checkpoint(sorted(self.run.checkpoints.glob("steps-*.pt"))[0])
        with self.phase("recording"):
            for checkpoint, path, n_episodes, changes in (
                (trained, self.run.recording, EPISODES, ()),
                (trained, controls / MUTED, SHORT, MUTE),
                (untrained, controls / UNTRAINED, SHORT, ()),
            ):
                if not path.exists():
                    request = Request(path, n_episodes, 0, changes, conditions(changes), command=self.command)
                    record_run(checkpoint, request, f"recording {path.stem}")

    def probe(self) -> None:
        """Ask what messages and hidden states tell of where the crystal is."""
        with self.phase("probing"), recordings_of(str(self.run.path)) as (recording, beside):
            self._keep("information-", lambda: information.fit(recording, TARGET))
            for source, of in PROBES:
                self._keep(f"probe-{TARGET}-{source}", self._probing(recording, beside, source, of))

    def read(self) -> None:
        """Read the lexicon, measure the language, cluster what speakers have in mind, follow listeners; look back."""
        with self.phase("reading"), recordings_of(str(self.run.path)) as (recording, _):
            self._keep("lexicon", lambda: lexicon.fit(recording))
            self._keep("metrics-", lambda: metrics.fit(recording))
            self._keep("cluster-", lambda: clusters.fit(recording))
            self._keep("behaviour-", lambda: behaviour.fit(recording))
            self._keep("trajectories-", lambda: trajectories.fit(recording))
        with self.phase("looking back"):
            self._keep("formation", lambda: formation.fit(self.run, n_episodes=SHORT // 2, command=self.command))

    def _probing(
        self, recording: Recording, beside: dict[str, Recording], source: str, of: str
    ) -> Callable[[], Result]:
        """Return the probe of one source, to be run if its result is not there yet."""
        return lambda: probe.fit(recording, TARGET, source, of, beside=beside)

    def intervene(self) -> None:
        """Ask what messages are worth, where each symbol sends listeners, and what the clearest one does."""
        trained, control = checkpoint_of(self.run), control_checkpoint(self.run)
        with self.phase("injecting"):
            self._keep("verdict", lambda: verdict.fit(trained, control=control, command=self.command).results)
            self._keep("use", lambda: use.fit(trained, control, command=self.command))
            try:
                codebook, listeners = codebook_of(self.run, trained)
            except DataError as error:
                say(str(error))
                return
            self._keep("destinations", lambda: destinations.fit(trained, codebook, listeners, command=self.command))
            clearest = max(codebook.entries.values(), key=lambda entry: entry.interval[0])
            wish = injection.Injection(clearest.symbol)
            self._keep("injection-", lambda: injection.fit(trained, wish, codebook, listeners, command=self.command))
            self._keep("understanding", self._asking(trained))

    def _asking(self, trained: Checkpoint) -> Callable[[], Result]:
        """Return the measure of understanding, to be run if its result is not there yet."""

        def fit() -> Result:
            words, listeners = words_of(self.run, trained, understanding.find_places(trained.scenario))
            return understanding.fit(trained, words, listeners, command=self.command)

        return fit

    def results(self) -> dict[str, Result]:
        """Return the saved results by name."""
        found = (Result.load(path) for path in sorted(self.run.results.glob("*.json")) if path.stem != "demo")
        return {result.name: result for result in found}

    def summary(self) -> dict[str, Any]:
        """Return what the demo found, and save it as results/demo.json."""
        results = self.results()
        judged = results.get("verdict")
        conditions_ = results["use"].details["conditions"]
        said = next((result for name, result in results.items() if name.startswith("information-")), None)
        where, understood = results.get("destinations"), results.get("understanding")
        facts = read_facts(self.run.path)
        assert facts is not None
        found = {
            "verdict": judged.details["verdict"] if judged else None,
            "return_hearing": conditions_["hearing"]["mean"],
            "return_muted": conditions_["trained muted"]["mean"],
            "return_other_episode": conditions_["other episode"]["mean"],
            "return_muted_at_test": conditions_["muted"]["mean"],
            "said_bits": said.estimate if said else None,
            "said_bits_null": round(said.null.mean, 9) + 0.0 if said and said.null else None,
            "injected_rate": where.details["injected_rate"] if where else None,
            "untouched_rate": where.details["untouched_rate"] if where else None,
            "symbols_for_places": len(where.details["symbols"]) if where else 0,
            "understood": understood.estimate if understood else None,
            "understood_untouched": understood.details["untouched"] if understood else None,
            "understood_random": understood.details["random"] if understood else None,
            "probes": {
                name: {"score": r.estimate, "null": r.null.mean if r.null else None, "majority": r.details["majority"],
                       "muted": r.details["beside"].get("muted", {}).get("score")}
                for name, r in results.items() if r.analysis == "probe"
            },
            "agent_steps": facts["agent_steps"],
            "first_return": first_return(self.run.log_csv),
            "grounding": self.grounding,
            "seed": self.seed,
            "seconds": self._seconds(),
            "provenance": provenance(self.command, self.seed),
        }  # fmt: skip
        write_atomic(self.run.results / "demo.json", json.dumps(to_plain(found), indent=1))
        return found

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a phase; seconds of earlier, interrupted tries are added up."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if self.run.path.is_dir():
                seconds = self._seconds()
                seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
                write_atomic(self._clock, json.dumps(seconds))

    def _seconds(self) -> dict[str, float]:
        """Return the seconds of each phase so far."""
        if not self._clock.exists():
            return {}
        seconds: dict[str, float] = json.loads(self._clock.read_text(encoding="utf-8"))
        return seconds

    def _keep(self, stem: str, make: Callable[[], Result | list[Result]]) -> None:
        """Make and save results, unless one whose name begins so is there already; where data lack, say so."""
        if list(self.run.results.glob(f"{stem}*.json")):
            return
        try:
            made = make()
        except DataError as error:
            say(str(error))
            return
        for result in made if isinstance(made, list) else [made]:
            result.save(self.run.results)
        if isinstance(made, Result):
            say(made.sentence)


def first_return(log: Path) -> float:
    """Return the return of the first iteration of training."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return float(lines[1].split(",")[lines[0].split(",").index("return")])


def show(found: dict[str, Any], results: dict[str, Result]) -> None:
    """Print what was found as a table and in plain words."""
    rows = [
        ("return of agents that hear", found["return_hearing"]),
        ("return when trained with the channel muted", found["return_muted"]),
        ("return when hearing other episodes' messages", found["return_other_episode"]),
        ("bits said about the crystal's sector (of 3)", found["said_bits"]),
        ("  the same by chance", found["said_bits_null"]),
        ("injected: first to the named place", found["injected_rate"]),
        ("  untouched twins", found["untouched_rate"]),
        ("understood: the same over all places", found["understood"]),
        ("  untouched twins", found["understood_untouched"]),
        ("  told a word at random", found["understood_random"]),
        ("return of the first iteration", found["first_return"]),
        ("agent steps trained", found["agent_steps"]),
    ]
    table("What they say, and who listens", ("what", "value"), rows)
    for result in results.values():
        if result.analysis != "metrics":
            out.print(f"- {result.sentence}", markup=False)
    if "lexicon" in results:
        out.print("What they say:", markup=False)
        for sentence in lexicon.Lexicon.from_result(results["lexicon"]).sentences():
            out.print(f"  {sentence}", markup=False)
    if found["grounding"] == "none":
        out.print("- No grounding term was used: what language there is emerged by reward alone.", markup=False)
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in found["seconds"].items())
    out.print(f"Time: {spent}.", markup=False)
