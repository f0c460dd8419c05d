"""The calculators: tokens of one's own hardware, and what flows are worth."""
