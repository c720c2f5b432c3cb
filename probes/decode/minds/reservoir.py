"""A recurrent probe without training: an echo state network over what each agent observed and did.

Jaeger 2001. Recurrent weights are random and fixed; each unit leaks at a rate of its own, so that some hold the current
step and others what was seen 64 steps ago. A linear probe on its states is then a recurrent probe on the history.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["compressed", "echo_states"]

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

SLOWEST = 64.0  # steps in which the slowest unit forgets
RADIUS = 0.95  # spectral radius of the recurrent weights
DRIVES = (0.5, 2.0)  # least and most standard deviation of a unit's input
N_COMPONENTS = 128  # kept of wide observations
CHUNK = 8192


def echo_states(inputs: Float32, places: Int64, n_units: int, seed: int) -> Float32:
    """The states (N, n_units) of a reservoir that reads `inputs` (N, D), of about unit variance, in sequences.

    places: (T, B) the row of step t of each of B sequences, -1 after its end; every sequence begins at rest.
    """
    rng = np.random.default_rng([seed, 4])
    drive = rng.permutation(np.geomspace(*DRIVES, n_units))
    into = rng.normal(size=(inputs.shape[1], n_units)) * drive / np.sqrt(max(1, inputs.shape[1]))
    within = rng.normal(size=(n_units, n_units))
    within *= RADIUS / np.abs(np.linalg.eigvals(within)).max()
    bias = rng.normal(scale=0.3, size=n_units).astype(np.float32)
    leak = (SLOWEST ** -rng.random(n_units)).astype(np.float32)
    into, within = into.astype(np.float32), within.astype(np.float32)
    state = np.zeros((places.shape[1], n_units), dtype=np.float32)
    states = np.zeros((len(inputs), n_units), dtype=np.float32)
    for rows in places:
        live = np.flatnonzero(rows >= 0)
        before = state[live]
        driven = np.tanh(before @ within + inputs[rows[live]] @ into + bias)
        state[live] = before + leak * (driven - before)
        states[rows[live]] = state[live]
    return states


def compressed(features: Float32) -> Float32:
    """Features (N, D) at zero mean; as their 128 strongest principal components where there are more, at one scale."""
    features = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    features /= np.maximum(features.std(axis=0, dtype=np.float64), 1e-6).astype(np.float32)
    if features.shape[1] <= N_COMPONENTS:
        return features
    gram = np.zeros((features.shape[1], features.shape[1]))
    for start in range(0, len(features), CHUNK):
        part = features[start : start + CHUNK]
        gram += part.T @ part
    _, axes = np.linalg.eigh(gram)
    components: Float32 = features @ axes[:, -N_COMPONENTS:].astype(np.float32)
    return components / max(float(components.std()), 1e-6)
