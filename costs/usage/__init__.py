"""Token usage: rows in, lines with their price and their cost out, and the list of them."""
