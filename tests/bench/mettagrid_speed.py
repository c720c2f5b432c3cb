"""How fast mettagrid's C++ core steps its arena with combat, with actions drawn beforehand and at random, on one core.

It needs mettagrid and nothing of commlab, and prints a line of JSON; `--agents` asks for other than the default 24.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from importlib import metadata
from typing import Any

N_STEPS, N_RUNS = 5000, 7


def main() -> None:
    """Print the speed; exit with status 2 where mettagrid cannot be imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=24, help="how many agents the arena has (24)")
    n_agents = parser.parse_args().agents
    os.environ |= {"OMP_NUM_THREADS": "1", "METTAGRID_OBS_THREADS": "1"}
    try:
        arena = Arena(n_agents)
    except ImportError as error:
        print(f"mettagrid cannot be imported by {sys.executable}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    fastest = min(arena.seconds(seed) for seed in range(N_RUNS))
    speed = n_agents * N_STEPS / fastest
    found = {"agents": n_agents, "agent_steps_a_second": speed, "what": arena.what()}
    print(json.dumps({**found, "version": metadata.version("mettagrid")}))


class Arena:
    """mettagrid's arena with combat, as its own `make_arena` configures it."""

    def __init__(self, n_agents: int) -> None:
        self.n_agents = n_agents
        self.core: Any = importlib.import_module("mettagrid.mettagrid_c")
        self.translation: Any = importlib.import_module("mettagrid.config.mettagrid_c_config")
        builder: Any = importlib.import_module("mettagrid.builder.envs")
        self.game: Any = builder.make_arena(n_agents, combat=True).game
        self.n_actions = len(self.game.actions.actions())

    def start(self, seed: int) -> Any:
        """Return an episode with a map of its own, made as mettagrid's class Simulation makes it."""
        self.game.map_builder.seed = seed
        rows = self.game.map_builder.create().build_for_num_agents(self.n_agents).grid.tolist()
        settings, renames = self.translation.convert_to_cpp_game_config(self.game)
        return self.core.MettaGrid(settings, self.translation.rename_map_agents(rows, renames), seed)

    def seconds(self, seed: int) -> float:
        """The wall time of some steps of a fresh episode, the first of which is not counted."""
        import numpy as np

        rng = np.random.default_rng(seed)
        actions = rng.integers(0, self.n_actions, (N_STEPS, self.n_agents), dtype=np.int32)
        episode = self.start(seed)
        taken = episode.actions()
        episode.step()
        start = time.perf_counter()
        for row in actions:
            taken[:] = row
            episode.step()
        return time.perf_counter() - start

    def what(self) -> str:
        """Say in a line what was measured."""
        episode = self.start(0)
        size = f"{episode.map_width} x {episode.map_height} cells"
        seen = f"{episode.observations()[0].nbytes:,} bytes an observation"
        steps = f"{N_STEPS:,} steps of an episode of {episode.max_steps:,}"
        return (
            f"C++ core alone, one environment, arena with combat, {size}, {self.n_actions} actions at random, "
            f"{seen}, {steps}, best of {N_RUNS}"
        )


if __name__ == "__main__":
    main()
