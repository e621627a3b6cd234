"""Catching up: a node that is far behind, new, or has lost its memory gets back to where the others are."""
