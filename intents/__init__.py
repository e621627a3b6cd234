"""The vocabulary every other room speaks: assets, amounts, intents, venue states, the auction snapshot.

Imports nothing of ours. Everything here is plain frozen data and pure functions over it.
"""
