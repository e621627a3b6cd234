"""Sweeps: one scenario over a grid of changes and many seeds, on all cores, resumable."""
