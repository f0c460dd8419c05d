"""HTTP plumbing: problem+json, bearer auth, strict JSON, lists, idempotency, If-Match, limits."""
