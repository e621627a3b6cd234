"""Wallets: owners' secret keys on disk, encrypted under a password."""
