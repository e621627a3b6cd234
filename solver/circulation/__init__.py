"""Batches of orders alone: at one price vector they are circulations of value. Plain float arrays, no auctions."""
