"""Do the records of a provider agree? What each says of a month, why they differ, which of them the ledger takes."""
