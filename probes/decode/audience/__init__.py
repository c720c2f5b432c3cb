"""Who is heard by whom, and whether agents speak more to their kin."""

from commlab.probes.decode.audience.fitting import fit

__all__ = ["fit"]
