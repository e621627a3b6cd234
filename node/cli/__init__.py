"""The command line. ``node.cli.main`` holds the lazy command table."""
