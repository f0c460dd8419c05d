"""What the database tells of a set of initiatives: where they stand, what they cost and brought, what waits."""
