"""The run directory: everything a run left, in one folder that can be moved and read anywhere.

NAME/
  run.json        name, seed, trace roots, versions, metrics, claims and verdicts, and the digest of each table
  scenario.toml   the scenario as it was resolved
  *.parquet       one table each, with the variant as first column
  run.sqlite      the same tables and the metrics, indexed
  report.html     all of it for people

It appears whole or not at all: it is written beside its place and renamed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from intents.errors import Duplicate, Malformed, TooDeep, Unreadable
from intents.strict_json import parse_json
from sim.recording.errors import DamagedRun, MissingTable, NotARun, OtherVersion, RunExists
from sim.recording.reading import read_tables
from sim.recording.record import Claim, Rows, RunRecord, VariantRecord
from sim.recording.rows import TABLES, Row
from sim.recording.tables import form, write_parquet, write_sqlite

ABOUT: Final = "run.json"
CONFIG: Final = "scenario.toml"
DATABASE: Final = "run.sqlite"
REPORT: Final = "report.html"
#: Larger than any ``run.json`` of 17 variants with all their metrics; what exceeds it is not one.
MAX_ABOUT: Final = 16 * 1024 * 1024
_SPOILED: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def write_run(path: Path, run: RunRecord, overwrite: bool = False) -> None:
    """Write ``run`` as the directory ``path``. Raises ``RunExists`` or, if it cannot be written, ``Unreadable``.

    ``overwrite`` replaces an earlier run, never a folder that is none.
    """
    try:
        check_place(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.parent / f".{path.name}.{os.getpid()}.partial"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            fresh.mkdir()
            _write_files(fresh, run)
            _put(fresh, path)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be written").lower()) from error


def check_place(path: Path, overwrite: bool = False) -> None:
    """Raise ``RunExists`` or ``NotARun`` where ``write_run`` would: worth asking before a long run."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() and not overwrite:
        raise RunExists(str(path))
    if path.exists() and not (path / ABOUT).is_file():
        raise NotARun(str(path), f"it has no {ABOUT}, so it is not replaced")


def _put(fresh: Path, path: Path) -> None:
    if not path.exists():
        fresh.rename(path)
        return
    old = fresh.with_suffix(".old")
    path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old)


def _write_files(folder: Path, run: RunRecord) -> None:
    from sim.report.page import render

    rows = {name: variant.rows for name, variant in run.variants.items()}
    for table in TABLES:
        write_parquet(folder / f"{table}.parquet", table, rows)
    (folder / CONFIG).write_text(run.config, encoding="utf-8", newline="\n")
    about = about_run(run) | {"tables": {table: _digest(folder / f"{table}.parquet") for table in TABLES}}
    text = json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8", newline="\n")
    write_sqlite(folder / DATABASE, rows, {name: variant.metrics for name, variant in run.variants.items()}, about)
    (folder / REPORT).write_text(render(run), encoding="utf-8", newline="\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def about_run(run: RunRecord) -> dict[str, Any]:
    """What ``run.json`` says of a run, tables apart. Figures that are no finite number become null."""
    return {
        "form": form(),
        "name": run.name,
        "title": run.title,
        "seed": run.seed,
        "trace_root": run.trace_root,
        "platform": run.platform,
        "versions": dict(run.versions),
        "claims": [
            {"text": claim.text, "holds": claim.holds, "figures": _finite(claim.figures), "test": claim.test}
            for claim in run.claims
        ],
        "variants": {
            name: {
                "trace_root": variant.trace_root,
                "dropped": dict(variant.dropped),
                "metrics": _finite(variant.metrics),
            }
            for name, variant in run.variants.items()
        },
    }


def _finite(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {k: v if v is not None and math.isfinite(v) else None for k, v in figures.items()}


def read_run(path: Path, tables: Iterable[str] = TABLES) -> RunRecord:
    """The run in the directory ``path``, with the rows of ``tables`` only (all by default).

    Raises ``NotARun``, ``OtherVersion``, ``MissingTable`` or ``DamagedRun``.
    """
    about = _read_about(path)
    digests, config = about.get("tables", {}), _read_text(path, CONFIG)
    if not isinstance(digests, dict):
        raise DamagedRun(str(path), ABOUT, "it lists no tables")
    rows: dict[str, dict[str, list[Row]]] = {}
    wanted = [table for table in TABLES if table in tables]
    for table in wanted:
        _check_digest(path, table, digests)
    for table, variants in read_tables(path, wanted).items():
        for variant, found in variants.items():
            rows.setdefault(variant, {})[table] = found
    try:
        return _record(about, config, rows)
    except _SPOILED as error:
        raise DamagedRun(str(path), ABOUT, f"{type(error).__name__} {error}"[:200]) from error


def _read_about(path: Path) -> dict[str, Any]:
    if not (path / ABOUT).is_file():
        raise NotARun(str(path), f"it has no {ABOUT}" if path.is_dir() else "there is no such folder")
    try:
        about = parse_json(_read_text(path, ABOUT).encode(), ABOUT, floats=True)
    except (Malformed, TooDeep, Duplicate) as error:
        raise DamagedRun(str(path), ABOUT, f"it is not JSON ({error})"[:200]) from error
    if not isinstance(about, dict) or "form" not in about:
        raise NotARun(str(path), f"its {ABOUT} is another program's, or a competition's")
    if about["form"] != form():
        raise OtherVersion(str(path), str(about["form"])[:20], form())
    return about


def _read_text(path: Path, name: str) -> str:
    try:
        if (path / name).stat().st_size > MAX_ABOUT:
            raise DamagedRun(str(path), name, f"it is larger than {MAX_ABOUT} bytes")
        return (path / name).read_text("utf-8")
    except FileNotFoundError as error:
        raise DamagedRun(str(path), name, "it is missing") from error
    except OSError as error:
        raise Unreadable(str(path / name), (error.strerror or "cannot be read").lower()) from error
    except UnicodeDecodeError as error:
        raise DamagedRun(str(path), name, "it is not text") from error


def _check_digest(path: Path, table: str, digests: Mapping[str, Any]) -> None:
    file = path / f"{table}.parquet"
    if not file.is_file():
        raise MissingTable(str(path), table)
    if _digest(file) != digests.get(table):
        raise DamagedRun(str(path), file.name, "it is not what was written: its digest differs")


def _record(about: Mapping[str, Any], config: str, rows: Mapping[str, Rows]) -> RunRecord:
    if not rows.keys() <= about["variants"].keys():
        raise ValueError("tables hold variants that it does not list")
    return RunRecord(
        name=str(about["name"]),
        title=str(about["title"]),
        seed=int(about["seed"]),
        config=config,
        platform=str(about["platform"]),
        versions={str(k): str(v) for k, v in about["versions"].items()},
        claims=tuple(
            Claim(
                str(claim["text"]),
                _verdict(claim["holds"]),
                _figures(claim["figures"]),
                str(claim.get("test", "")),
            )
            for claim in about["claims"]
        ),
        variants={
            str(name): VariantRecord(
                rows={table: rows.get(name, {}).get(table, []) for table in TABLES},
                trace_root=str(variant["trace_root"]),
                metrics=_figures(variant["metrics"]),
                dropped={str(k): int(v) for k, v in variant["dropped"].items()},
            )
            for name, variant in about["variants"].items()
        },
    )


def _verdict(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"verdict {value!r}")
    return value


def _figures(document: Mapping[str, Any]) -> dict[str, float | None]:
    return {str(k): None if v is None else float(v) for k, v in document.items()}
