"""Venues, pure: (state, trade) → (amounts, next state). Exact integers, rounding in the pool's favour."""
