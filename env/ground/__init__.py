"""The ground that worlds stand on: maps drawn or made from a seed, and whether all that is wanted fits on them."""
