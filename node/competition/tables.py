"""A competition as flat tables, and their two forms: Parquet for analysis, SQLite for queries.

Scores appear twice: exact as decimal text in base units, and as a float in whole numeraire units.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from node.competition.leaderboard import Standing
from node.competition.records import Results

_WHOLE: Final = 10**18
Row = Mapping[str, str | int | float | None]


def tables(results: Results, rows: Sequence[Standing]) -> dict[str, list[Row]]:
    """Table name → rows, all rows of a table with the same columns."""
    return {
        "leaderboard": [_standing(row) for row in rows],
        "entries": [_entry(entry) for entry in results.entries],
        "batches": [_batch(batch) for batch in results.batches],
        "improvements": [
            {
                "auction": batch.auction,
                "order": item.order,
                "solver": item.solver,
                "over_limit_bps": item.over_limit_bps,
                "over_route_bps": item.over_route_bps,
            }
            for batch in results.batches
            for item in batch.improvements
        ],
        "refusals": [
            {
                "auction": entry.auction,
                "solver": entry.solver,
                "solution": refusal.solution,
                "code": refusal.code,
                "message": refusal.message,
            }
            for entry in results.entries
            for refusal in entry.refusals
        ],
        "left_out": [
            {
                "auction": entry.auction,
                "solver": entry.solver,
                "solution": bid.solution,
                "worth": bid.worth,
                "message": bid.message,
            }
            for entry in results.entries
            for bid in entry.left_out
        ],
    }


def _score(name: str, units: int | None) -> dict[str, str | float | None]:
    if units is None:
        return {f"{name}_units": None, name: None}
    return {f"{name}_units": str(units), name: units / _WHOLE}


def _standing(row: Standing) -> Row:
    return {
        "rank": row.rank,
        "solver": row.solver,
        "auctions": row.auctions,
        "wins": row.wins,
        **_score("verified", row.verified),
        **_score("surplus", row.surplus),
        **_score("marginal", row.marginal),
        **_score("reward", row.reward),
        "share": row.share,
        "behind": row.behind,
        "behind_low": row.behind_low,
        "behind_high": row.behind_high,
        "gap_bps": row.gap_bps,
        "mean_s": row.mean_s,
        "worst_s": row.worst_s,
        "failures": sum(row.failures.values()),
        "refused_bids": row.refused_bids,
        "rating": row.rating,
        "uncertainty": row.uncertainty,
    }


def _entry(entry: Any) -> Row:
    return {
        "auction": entry.auction,
        "solver": entry.solver,
        "kind": entry.kind,
        **_score("solo", entry.solo),
        **_score("won", entry.won),
        **_score("surplus", entry.surplus),
        **_score("marginal", entry.marginal),
        **_score("reward", entry.reward),
        "bids": entry.bids,
        "bids_won": entry.bids_won,
        "refused": len(entry.refusals),
        "seconds": entry.seconds,
        "first_s": entry.first_s,
        "stopped": int(entry.stopped),
        "peak_memory_mb": entry.peak_memory_mb,
        "detail": entry.detail,
    }


def _batch(batch: Any) -> Row:
    return {
        "auction": batch.auction,
        "auction_hash": batch.auction_hash,
        "source": batch.source,
        "orders": batch.orders,
        "orders_filled": batch.orders_filled,
        "venues": batch.venues,
        "assets": batch.assets,
        "mechanism": batch.mechanism,
        **_score("score", batch.score),
        **_score("surplus", batch.surplus),
        **_score("cost", batch.cost),
        **_score("bound", batch.bound),
        **_score("best_known", batch.best_known),
        "winners": " ".join(batch.winners),
        "verify_s": batch.verify_s,
        "receipt": batch.receipt,
    }


def write_parquet(folder: Path, parts: Mapping[str, Sequence[Row]]) -> list[Path]:
    """One file per table that has rows; returns what was written."""
    import polars as pl

    written = []
    for name, rows in parts.items():
        if rows:
            path = folder / f"{name}.parquet"
            data = io.BytesIO()  # so that it is Python that meets a full disk, and says so
            pl.DataFrame([dict(row) for row in rows], infer_schema_length=None).write_parquet(data)
            path.write_bytes(data.getbuffer())
            written.append(path)
    return written


def write_sqlite(path: Path, parts: Mapping[str, Sequence[Row]]) -> None:
    """All tables into one new database; an existing file is replaced."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        with connection:
            for name, rows in parts.items():
                if not rows:
                    continue
                columns = list(rows[0])
                connection.execute(f"CREATE TABLE {name} ({', '.join(_column(c, rows) for c in columns)})")
                marks = ", ".join("?" * len(columns))
                connection.executemany(
                    f"INSERT INTO {name} VALUES ({marks})", [[row[c] for c in columns] for row in rows]
                )
    finally:
        connection.close()


def _column(name: str, rows: Sequence[Row]) -> str:
    kinds = {type(row[name]) for row in rows if row[name] is not None}
    affinity = "TEXT" if str in kinds else "REAL" if float in kinds else "INTEGER"
    return f'"{name}" {affinity}'
