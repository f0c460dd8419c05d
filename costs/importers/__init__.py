"""Files with costs in them: one module per format."""
