"""Outside prices: what assets cost elsewhere, as seeded random processes in virtual time."""
