"""The ledger: accounts in double entry, venues as state, and all else nodes agree on, under one root."""
