"""Arithmetic that loses no digit: Python's default context would round after 28."""

from decimal import Context

EXACT = Context(prec=100)
