"""Recordings made into what other tools read: AnnData, NetCDF, corpora and plain tables."""
