"""The page that a node serves."""
