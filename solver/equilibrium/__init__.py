"""The uniform-price equilibrium of a batch: one price vector at which orders and pools balance, token by token."""
