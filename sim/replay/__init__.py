"""Replays: a recorded run, or a node's own log, done again and held against what was recorded."""
