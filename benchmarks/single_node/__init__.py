"""A single node to be measured and mistreated: its world, its process, and what must hold of its files."""
