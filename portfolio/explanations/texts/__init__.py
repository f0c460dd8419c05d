"""Title, meaning and formula of each figure, by subject."""
