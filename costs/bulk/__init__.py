"""The way of millions of lines: prepared columns in, lines and sums out, in the open transaction of an import."""
