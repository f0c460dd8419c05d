"""People, roles, permissions, API tokens, audit trail, sign-in."""
