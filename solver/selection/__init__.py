"""Fill-or-kill selection: which orders to fill whole, around the equilibrium that could fill them partly."""
