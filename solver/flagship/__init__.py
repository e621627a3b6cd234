"""The flagship: batch matching and split routing at one price vector, settled in exact integers.

``solve`` is the table of contents; each step is a file.
"""

from solver.flagship.solve import Walras, WalrasConfig

__all__ = ["Walras", "WalrasConfig"]
