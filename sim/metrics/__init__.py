"""Figures of a run: pure functions from its tables to numbers, each with its unit, formula and source."""
