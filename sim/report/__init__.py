"""Runs for people: one self-contained HTML page per run or comparison, with its plots inside."""
