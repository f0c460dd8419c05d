"""The cost explorer: gross cost by any two dimensions, from the coarsest sums that can tell."""
