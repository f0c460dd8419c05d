"""The real data, end to end."""
