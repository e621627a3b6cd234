"""All mutants, by what they spoil."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant
from tests.mutants.of_agreement import AGREEMENT
from tests.mutants.of_catchup import CATCHUP
from tests.mutants.of_chain import CHAIN
from tests.mutants.of_ledger import LEDGER
from tests.mutants.of_trading import TRADING
from tests.mutants.of_waiting import WAITING

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: Final[tuple[Mutant, ...]] = (*AGREEMENT, *WAITING, *CHAIN, *CATCHUP, *LEDGER, *TRADING)
