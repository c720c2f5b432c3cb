"""What a shell completes: names of runs, scenarios, targets, sources and agents. A word with a comma goes on."""

from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["agents", "contexts", "layers", "models", "recordings", "runs", "scenarios", "sources", "targets"]

SCENARIOS = Path(__file__).resolve().parents[1] / "env" / "scenarios"
SOURCES = ("said", "heard", "hidden", "hidden.core", "hidden.encoder", "observation", "all")
Offered = list[tuple[str, str] | str]


def runs(incomplete: str) -> Offered:
    """Runs under ./runs, each with how far it has come, and the sample."""
    from commlab.foundation.run import all_runs
    from commlab.foundation.stage import is_run, stage_of

    found = [(run.name, stage_of(run).sentence) for run in all_runs() if is_run(run.path)]
    names = {name for name, _ in found}
    offered = found if "sample" in names else [*found, ("sample", "the agents that ship with commlab")]
    return [(name, words) for name, words in offered if name.startswith(incomplete)]


def recordings(incomplete: str) -> Offered:
    """Runs, and recordings in the folder that the word names."""
    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    near = sorted(str(path) for path in folder.glob("*.h5")) if folder.is_dir() else []
    return [*runs(incomplete), *(path for path in near if path.startswith(incomplete))]


def scenarios(incomplete: str) -> Offered:
    """Scenarios of the library."""
    return starting(incomplete, sorted(path.stem for path in SCENARIOS.glob("*.yaml")))


def targets(incomplete: str) -> Offered:
    """Targets with their sentences."""
    from commlab.datasets.targets.catalogue import TARGETS

    begun, _, word = incomplete.rpartition(",")
    before = f"{begun}," if begun else ""
    return [(before + name, target.sentence) for name, target in TARGETS.items() if name.startswith(word)]


def sources(incomplete: str) -> Offered:
    """What probes read from."""
    return starting(incomplete, SOURCES)


def agents(incomplete: str) -> Offered:
    """Whose messages or states."""
    return starting(incomplete, ("speakers", "listeners"))


def one_of(*names: str) -> Callable[[str], Offered]:
    """A completion of fixed names."""
    return lambda incomplete: starting(incomplete, names)


models = one_of("linear", "logistic", "nonlinear")
layers = one_of("core", "encoder")
contexts = one_of("hidden.core", "hidden.encoder", "world", "observation")


def starting(incomplete: str, names: Iterable[str]) -> Offered:
    """The names that begin so."""
    return [name for name in names if name.startswith(incomplete)]
