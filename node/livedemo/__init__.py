"""A whole network in one command: validators and solvers as processes of this machine, people who trade on it."""
