"""The population of a simulation: who trades, makes markets, arbitrages and attacks."""
