"""Auction files of other systems, read at the border: CoW solver-engine JSON, its legacy schema, GPv1."""
