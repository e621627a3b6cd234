"""What a competition records: one entry per solver and auction, one batch per auction.

Scores are numeraire base units (10^18 to the whole unit), as recomputed by the verifier.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A solution the verifier refused: the broken rule's code, and the sentence with both values."""

    solution: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A valid bid that the fairness filter left out: what it was worth, and the sentence with the pair that was
    the reason. ``worth`` is in whole units of the numeraire."""

    solution: int
    worth: float
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One solver on one auction.

    ``kind`` is how its run ended (see ``solver.outcome``). ``solo`` is the score of its own valid
    bids were it alone; ``won`` of its bids that were settled; ``marginal`` is V − V₋ᵢ, what the batch
    gained by its being there; ``surplus`` what its settled bids gave to users before cost. ``left_out`` are its
    valid bids worth more than what it won that fairness kept from winning, the best first.
    """

    auction: str
    solver: str
    kind: str
    solo: int
    won: int
    surplus: int
    marginal: int
    reward: int
    bids: int
    bids_won: int
    seconds: float
    first_s: float | None
    stopped: bool
    peak_memory_mb: int
    refusals: tuple[Refusal, ...]
    detail: str
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Improvement:
    """A settled order: improvement over its limit, and over the best single route (None if none)."""

    order: str
    solver: str
    over_limit_bps: int
    over_route_bps: int | None


@dataclass(frozen=True, slots=True)
class PricePoint:
    """A settled directed pair: the clearing price against the best venue's marginal price (both floats)."""

    pair: str
    clearing: float
    venue: float


@dataclass(frozen=True, slots=True)
class Batch:
    """One auction after settlement.

    ``bound`` is the least proven upper bound on the score, if any; ``best_known`` the best value verified.
    """

    auction: str
    auction_hash: str
    source: str
    orders: int
    venues: int
    assets: int
    mechanism: str
    score: int
    surplus: int
    cost: int
    orders_filled: int
    bound: int | None
    best_known: int
    winners: tuple[str, ...]
    verify_s: float
    receipt: str
    improvements: tuple[Improvement, ...] = ()
    prices: tuple[PricePoint, ...] = ()

    @property
    def best_bound(self) -> int:
        """What shares are counted of: the proven bound, or the best value known where nothing is proven."""
        return self.best_known if self.bound is None else self.bound


@dataclass(frozen=True, slots=True)
class Results:
    """A whole competition, in the order it ran."""

    batches: tuple[Batch, ...]
    entries: tuple[Entry, ...]

    def of_solver(self, solver: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.solver == solver)

    @property
    def solvers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.solver for entry in self.entries))


#: More than any sum of amounts has.
_SUM_BITS = 320
_BATCH_SUMS = ("score", "surplus", "cost", "bound", "best_known")
_ENTRY_SUMS = ("solo", "won", "surplus", "marginal", "reward")


def results_to_json(results: Results) -> dict[str, Any]:
    """Plain JSON values; scores as decimal strings because they outgrow 53 bits."""
    return {
        "batches": [_stringly(asdict(batch), _BATCH_SUMS) for batch in results.batches],
        "entries": [_stringly(asdict(entry), _ENTRY_SUMS) for entry in results.entries],
    }


def _stringly(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: str(value) if name in names and value is not None else value for name, value in values.items()}


def results_from_json(document: Any) -> Results:
    """The inverse of ``results_to_json``. Raises what a damaged file makes: ``KeyError``, ``TypeError``,
    ``ValueError``, ``AttributeError`` or ``msgspec.ValidationError``."""
    import msgspec

    found = {
        "batches": [_numbered(batch, _BATCH_SUMS) for batch in document["batches"]],
        "entries": [_numbered(entry, _ENTRY_SUMS) for entry in document["entries"]],
    }
    return msgspec.convert(found, Results)


def _numbered(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """``values`` with whole numbers for the texts that ``_stringly`` made of them."""
    return {**values, **{name: None if values[name] is None else _sum(values[name]) for name in names}}


def _sum(text: str) -> int:
    value = int(text)
    if value.bit_length() > _SUM_BITS:
        raise ValueError(f"a score of {value.bit_length()} bits")
    return value
