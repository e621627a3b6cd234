"""Talking to a running node over HTTP."""
