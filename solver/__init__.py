"""The contestants: the Solver protocol, the built-in solvers, hosting, and outside engines over HTTP."""
