"""What cost is for in AI terms: the rules that label charge groups, their pages and their API."""
