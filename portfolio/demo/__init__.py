"""The demonstration portfolio: a made-up insurer, the same each time, with dates relative to today."""
