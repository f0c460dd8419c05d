"""The figures: each a function of the facts of a set, or of one initiative."""
