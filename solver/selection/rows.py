"""Rows of a linear program, put together group by group."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from solver.equilibrium.batch import Floats, Ints


@dataclass(slots=True)
class Rows:
    """``low`` ≤ matrix·x ≤ ``high``; each group of rows brings its bounds and its entries."""

    count: int = 0
    _low: list[Floats] = field(default_factory=list)
    _high: list[Floats] = field(default_factory=list)
    _row: list[Ints] = field(default_factory=list)
    _column: list[Ints] = field(default_factory=list)
    _entry: list[Floats] = field(default_factory=list)

    def add(self, low: Floats | float, high: Floats | float, count: int) -> Ints:
        """``count`` rows more, without entries yet: their numbers."""
        self._low.append(np.broadcast_to(np.asarray(low, float), count))
        self._high.append(np.broadcast_to(np.asarray(high, float), count))
        self.count += count
        return np.arange(self.count - count, self.count)

    def put(self, row: Ints, column: Ints, entry: Floats | float) -> None:
        """Entries; those put twice in one place add up."""
        self._row.append(row)
        self._column.append(column)
        self._entry.append(np.broadcast_to(np.asarray(entry, float), row.shape))

    def matrix(self, columns: int) -> csr_matrix:
        entries = np.concatenate(self._entry), (np.concatenate(self._row), np.concatenate(self._column))
        return csr_matrix(entries, shape=(self.count, columns))

    @property
    def low(self) -> Floats:
        return np.concatenate(self._low)

    @property
    def high(self) -> Floats:
        return np.concatenate(self._high)
