"""The composition root: competition, reports, storage, commands."""
