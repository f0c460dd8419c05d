"""Whose cost it is that names no initiative: the rules, where they place groups, and what is left unallocated."""
