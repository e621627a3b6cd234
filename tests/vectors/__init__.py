"""The reference vectors, checked: once for the counter (``python -m tests.vectors``) and once for pytest.

Each module of this package reads one family of files and yields its cases. ``registry`` names the
file every family belongs to; nothing about a vector is written down anywhere else.
"""
