"""Users' keys, encrypted at rest."""
