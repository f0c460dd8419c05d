"""Which initiatives the figures are about: the filters of an address, their form, and the condition in SQL."""
