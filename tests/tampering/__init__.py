"""Ways to cheat: each operator changes a valid batch in one respect and names the error it must meet.

None is harmless: the law refuses every one, with exactly the error class registered for it.
"""

from tests.tampering import fills, owners, prices, venues
from tests.tampering.operator import OPERATORS, Operator

__all__ = ["OPERATORS", "Operator", "fills", "owners", "prices", "venues"]
