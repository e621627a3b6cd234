"""Certificates: dual prices that prove how good any solution to an auction can be, checked in rationals."""
