"""A node's home: configuration, genesis and keys on disk."""
