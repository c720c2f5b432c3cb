"""The world: its state, its rules as numba kernels, its scenarios and what agents observe of it."""
