"""What needs a decision: the rules, and the list of the initiatives for which one holds."""
