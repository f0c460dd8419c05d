"""The demonstration portfolio: a made-up insurer, the same each time, with dates relative to today."""

REFUSED = 3  # the exit code of `manage.py demo` where there is a portfolio of one's own
