"""Import formats of outcomes."""
