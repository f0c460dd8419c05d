"""Cost categories: what kinds of cost there are."""
