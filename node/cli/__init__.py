"""The command line. ``node.cli.main`` is the entry point, ``node.cli.table`` the lazy command table."""
