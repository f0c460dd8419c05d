"""The ledger: a page of it, its filters and exports, one line and where it came from, and what is billed on."""
