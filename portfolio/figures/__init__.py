"""Pure mathematics of the figures: numbers in, numbers out. Nothing here imports Django."""
