"""A conversation with the agents: a live world beside its untouched twin, a server for the page, a transcript."""
