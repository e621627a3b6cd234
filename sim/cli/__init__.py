"""The command line of the simulator: ``walras sim`` and ``walras scenario``."""
