"""What a simulation is: its TOML, read into records, changed by overrides, written out resolved."""
