"""Runners of instance files, one module per format: what a file asks is named by its ``format`` line."""
