"""The chain: what a height decides. Auctions go through three of them: BATCH, SEAL, SETTLE."""
