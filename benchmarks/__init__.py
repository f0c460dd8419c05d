"""Figures to reach, as ratios within one run: what another machine's speed cannot blur."""
