"""Durable state: one SQLite file, one writer, nothing acknowledged before it is on disk."""
