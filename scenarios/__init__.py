"""Worlds: TOML descriptions of synthetic markets, and the seeded generator that turns one into auctions."""
