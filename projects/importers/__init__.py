"""Import formats of initiatives."""
