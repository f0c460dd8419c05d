"""What it cost: cost lines, budgets, rollups."""
