"""Every figure of the pages, on one portfolio that is built once."""
