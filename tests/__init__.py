"""Tests sit beside what they test by path; see tests/README.md."""
