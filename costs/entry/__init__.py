"""Recording cost by hand: the Costs tab of an initiative, the grid, pasted tables and the categories."""
