"""Bringing cost that is there to what was decided: asked for, told of on pages, done by a worker."""
