"""The contestants: the Solver protocol, the built-in solvers, hosting, and outside engines over HTTP.

Numerics run on one thread, said here before NumPy is loaded. Their matrices are small: on a busy machine
OpenBLAS's threads wait for each other a hundred times longer than they compute, and how they split a sum would
hang on the machine's cores. Whoever sets the variable has their way.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
