"""What an import says of its rows beside their number: restated, retagged, missing, kept for comparison only."""
