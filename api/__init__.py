"""The HTTP contract's plumbing: strict JSON, problems, paging, idempotency."""
