"""Runs: a worker applies a decision to the cost that is there; pages and the API say how far each is."""
