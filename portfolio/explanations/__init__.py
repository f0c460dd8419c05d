"""What a figure means and how it comes about: its words, its formula with numbers, the rows behind it."""
