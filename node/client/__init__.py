"""A node's user: talks to its HTTP interface, makes and signs intents, follows them."""
