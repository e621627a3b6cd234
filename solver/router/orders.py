"""An order over numbered tokens, and the plan that is carried out for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from solver.router import families
from solver.router.families import Bools, Floats, Goal, Network


class Kind(StrEnum):
    EXACT_IN = "exact-in"
    EXACT_OUT = "exact-out"


@dataclass(frozen=True, slots=True)
class Order:
    """An order over numbered tokens. ``money`` is the token optimised, in which costs are counted."""

    kind: Kind
    give: int
    want: int
    amount: int

    @property
    def money(self) -> int:
        return self.want if self.kind is Kind.EXACT_IN else self.give

    def goal(self, tokens: int) -> Goal:
        if self.kind is Kind.EXACT_IN:
            return families.route(tokens, self.give, self.want, float(self.amount))
        worth, given = np.zeros(tokens), np.zeros(tokens)
        worth[self.give], given[self.give], given[self.want] = 1.0, np.inf, -float(self.amount)
        return Goal(worth, given)


@dataclass(frozen=True, slots=True)
class Plan:
    """Flows over ``network``, the market's venues as far as their order lets them trade; the ranks of tokens that
    they go down; the bound of that order, net of costs; and (per family, (P,)) the venues worth it, where that was
    asked."""

    network: Network
    flows: tuple[Floats, ...]
    prices: Floats
    rank: Floats
    value: float
    bound: float
    used: tuple[Bools, ...] | None = None
