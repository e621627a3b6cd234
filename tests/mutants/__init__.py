"""Seeded faults in protocol and ledger, and whether the suite notices: ``python -m tests.mutants``."""
