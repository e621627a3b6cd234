"""A run nobody ran: rows drawn from a seed that hang together well enough to measure, plot and compare."""

from __future__ import annotations

from random import Random

from sim.metrics.registry import measure
from sim.recording.events import EventKind
from sim.recording.record import Claim, RunRecord, VariantRecord
from sim.recording.recorder import Recorder
from sim.recording.rows import (
    AuctionRow,
    EventRow,
    FillRow,
    HeightRow,
    IntentRow,
    NodeRow,
    PriceRow,
    PropagationRow,
    SolutionRow,
    UnfilledRow,
    VenueRow,
    WealthRow,
)

S = 1_000_000
AGENTS = (("retail", "retail"), ("insiders", "informed"), ("maker", "market-maker"), ("thief", "sandwich"))
STRATEGIES = (("anna", "honest"), ("bert", "honest"), ("carl", "shading"), ("dora", "withholding"))
REASONS = ("price", "fill-or-kill", "capacity", "balance")


def synthetic_rows(seed: int, auctions: int = 30, nodes: int = 7, quality: float = 1.0) -> Recorder:
    """Tables of a world of so many auctions; ``quality`` scales scores and improvements."""
    rng, recorder = Random(seed), Recorder()
    price, now = 2_000.0, 0
    sums: dict[str, float] = {}
    for auction in range(1, auctions + 1):
        begun, price = now, price * (1 + rng.gauss(0, 0.002))
        slow = 4.0 if 12 <= auction <= 14 else 1.0
        times = [int(S * slow * (length + rng.random() * 0.2)) for length in (1.1, 2.1, 0.7)]
        batch, seal, settle = begun + times[0], begun + sum(times[:2]), begun + sum(times)
        now = settle
        _heights(recorder, auction, (batch, seal, settle), nodes, slow)
        filled = _trades(recorder, rng, auction, begun, settle, price, quality)
        bound = 10 + 5 * rng.random()
        score = bound * quality * (0.99 - 0.05 * rng.random())
        _solutions(recorder, rng, auction, score)
        recorder.add(
            AuctionRow(
                auction,
                12,
                begun,
                batch,
                seal,
                settle,
                3 if slow == 1 else 5,
                auction % 4,
                4,
                1,
                filled,
                score,
                bound,
                0.5 + 0.4 * rng.random(),
                rng.randrange(2),
                0,
                0,
            )
        )
        for second in range(begun // S, settle // S):
            drift = price * (1 + rng.gauss(0, 0.0005))
            recorder.add(PriceRow(auction, "ETH", second * S, drift, 0.0, 0.0))
        recorder.add(PriceRow(auction, "ETH", settle, price, price * 1.0005, price * (1 + rng.gauss(0, 0.001))))
        volume = 400 * rng.random()
        lost = max(0.0, rng.gauss(0.9, 1.0))
        recorder.add(
            VenueRow(
                auction,
                "pool",
                "constant_product",
                settle,
                1e5,
                1e5 - lost + volume * 0.003,
                volume,
                volume * 0.003,
                lost,
            )
        )
        for name, kind in AGENTS:
            sums[name] = sums.get(name, 0.0) + rng.gauss({"informed": 1.0, "sandwich": 0.6}.get(kind, -0.4), 1.0)
            recorder.add(WealthRow(auction, name, kind, settle, 1e4 + sums[name], 1e4))
    _network(recorder, rng, nodes, 3 * auctions)
    _faults(recorder)
    return recorder


def _heights(recorder: Recorder, auction: int, times: tuple[int, int, int], nodes: int, slow: float) -> None:
    for place, (phase, at) in enumerate(zip(("batch", "seal", "settle"), times, strict=True)):
        height = 3 * (auction - 1) + place
        recorder.add(
            HeightRow(
                height, phase, auction, at, at + int(90_000 * slow), int(slow > 1), height % 4, nodes, 1, 1, 12
            )
        )


def _trades(
    recorder: Recorder, rng: Random, auction: int, begun: int, settle: int, price: float, quality: float
) -> int:
    filled = 0
    for number in range(12):
        name, kind = AGENTS[rng.choices(range(4), (8, 2, 1, 1))[0]]
        value = rng.lognormvariate(2, 1)
        sells = rng.random() < 0.5
        give, want = ("ETH", "USD") if sells else ("USD", "ETH")
        prices = (price, 1.0) if sells else (1.0, price)
        units = str(int(value / prices[0] * 10**18))
        number_ = f"{auction:04x}{number:04x}"
        at = begun + int(rng.random() * S)
        refused = "denied.balance" if rng.random() < 0.04 else ""
        recorder.add(
            IntentRow(
                number_,
                name,
                kind,
                number % 5,
                "trade",
                0,
                at,
                auction,
                give,
                units,
                want,
                "1",
                False,
                *prices,
                value,
                refused,
            )
        )
        if refused:
            continue
        if rng.random() < 0.75:
            filled += 1
            gained = value * (1 + rng.gauss({"informed": 12, "sandwich": 10}.get(kind, -9) * quality, 8) / 1e4)
            recorder.add(
                FillRow(
                    auction,
                    number_,
                    name,
                    settle,
                    give,
                    units,
                    want,
                    "1",
                    "0",
                    *prices,
                    value,
                    gained,
                    max(0.0, rng.gauss(25 * quality, 12)),
                    rng.gauss(4, 3),
                    rng.random() < 0.02,
                )
            )
        else:
            recorder.add(UnfilledRow(auction, number_, name, rng.random() < 0.2, rng.choice(REASONS)))
    return filled


def _solutions(recorder: Recorder, rng: Random, auction: int, score: float) -> None:
    winner = rng.choices(range(4), (5, 4, 2, 2))[0]
    for place, (solver, strategy) in enumerate(STRATEGIES):
        silent = strategy == "withholding" and rng.random() < 0.2 and place != winner
        outcome = "won" if place == winner else "no_reveal" if silent else "lost"
        mine = score if place == winner else score * (0.7 + 0.3 * rng.random())
        recorder.add(
            SolutionRow(
                auction,
                solver,
                strategy,
                outcome,
                0.0 if silent else mine,
                0.3 * rng.random() if place == winner else 0.0,
                0.5 if silent else 0.0,
                200_000,
            )
        )


def _network(recorder: Recorder, rng: Random, nodes: int, height: int) -> None:
    for node in range(nodes):
        sent = 4_000 + rng.randrange(900) + (6_000 if node < 4 else 0)
        recorder.add(
            NodeRow(node, node < 4, height, sent, sent, sent * 310, sent * 300, 12, 900, int(node == 2), "ab" * 16)
        )
    for message in range(200):
        half = int(rng.lognormvariate(10.5, 0.3))
        recorder.add(
            PropagationRow(f"{message:04x}", message % nodes, message * S, nodes, half, 2 * half, 3 * half)
        )


def _faults(recorder: Recorder) -> None:
    recorder.add(EventRow(20 * S, EventKind.LIE, 3, "double-vote"))
    recorder.add(EventRow(31 * S, EventKind.EVIDENCE, 3, "double vote"))
    recorder.add(EventRow(45 * S, EventKind.CUT, -1, "0,1"))
    recorder.add(EventRow(80 * S, EventKind.HEAL, -1, "0,1"))
    recorder.add(EventRow(90 * S, EventKind.CRASH, 2, ""))
    recorder.add(EventRow(97 * S, EventKind.RESTART, 2, ""))


def synthetic_variant(seed: int, auctions: int = 30, nodes: int = 7, quality: float = 1.0) -> VariantRecord:
    rows = synthetic_rows(seed, auctions, nodes, quality).rows
    return VariantRecord(rows, f"{seed:064x}", measure(rows))


def synthetic_run(
    seed: int = 1, variants: int = 1, auctions: int = 30, nodes: int = 7, quality: float = 1.0
) -> RunRecord:
    """A run called ``partition-and-heal``; every further variant is a little worse than the one before."""
    names = ["base", *(f"variant-{number}" for number in range(1, variants))]
    found = {
        name: synthetic_variant(seed, auctions, nodes, quality * 0.8**place) for place, name in enumerate(names)
    }
    base = found["base"].metrics
    return RunRecord(
        name="partition-and-heal",
        title="Two validators are cut off for 35 seconds, and the network goes on once they are back",
        seed=seed,
        config='name = "partition-and-heal"\nseed = 1\n\n[chain]\nvalidators = 4\n',
        variants=found,
        claims=(
            Claim(
                "No two nodes decide differently, however they are cut off.",
                True,
                {"forks": base["forks"]},
                "forks = 0",
            ),
            Claim(
                "Auctions leave less than 1 % of what was possible on the table.",
                False,
                {"base:welfare_gap_bps": base["welfare_gap_bps"]},
                "base:welfare_gap_bps ≤ 100",
            ),
            Claim("Stale prices cost liquidity providers more than fees bring.", None, {"lvr": None}),
        ),
        versions={"python": "3.12.0", "walras": "0.1.0"},
        platform="Linux x86_64 CPython",
    )
