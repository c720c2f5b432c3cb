"""Clusters of contexts of use and of hidden states, explained by what did not form them."""

from commlab.probes.decode.clusters.cluster import fit

__all__ = ["fit"]
