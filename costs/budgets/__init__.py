"""What was approved and how much of it is used up: budgets, their grid and figures, and the notices about them."""
