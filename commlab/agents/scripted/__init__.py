"""Scripted agents: speakers whose language is known and listeners whose obedience is known, as policies."""
