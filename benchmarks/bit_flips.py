"""One bit of a store's files is flipped: that is noticed, or it makes no difference; nothing wrong is ever read.

``python -m benchmarks.bit_flips [--flips N] [--seed S] [--json]`` makes two stores with what a node asked of them
over several auctions: one closed in good order, one left as a kill leaves it, its write-ahead log not worked in.
Each flip is of one random bit of a copy (database, ``-wal`` or ``-mark``). Then the store is opened and everything
in it read: state, items, log, every decision; the journal is reconciled; and the node's next steps are done on it.
Either an error of ours is raised, or reconciling names the line, or all is as it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from benchmarks.single_node import world
from benchmarks.single_node.script import Kept, Step, kept, recorded
from intents.errors import WalrasError
from node.chain.tables import TABLES
from node.embedded.performing import Performer
from node.storage.errors import Corrupt
from node.storage.store import Store
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State

NAME = "node.sqlite"
SUFFIXES = ("", "-wal", "-mark")


@dataclass
class Result:
    """``detected``: by where; ``wrong``: something else was read, or an error that is not ours."""

    flips: int = 0
    detected: dict[str, int] = field(default_factory=dict)
    harmless: int = 0
    wrong: int = 0
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Content:
    """All of a store: what the node starts from, and all it can be asked for."""

    kept: Kept
    decisions: tuple[object, ...]
    journal: tuple[tuple[bytes, bytes], ...]


class Differs(Exception):
    """Read without an error, and not what was written."""


def campaign(flips: int, seed: int, folder: Path, script: list[Step] | None = None) -> Result:
    """So many flips, half of them in a store at rest, half in one left by a kill."""
    result, rng, started = Result(), Random(seed), time.monotonic()
    steps = recorded(4, seed) if script is None else script
    done = len(steps) * 3 // 4
    stores = [_made(folder / kind, steps[:done], at_rest=kind == "rest") for kind in ("rest", "killed")]
    with Store(_copy(stores[0], folder / "whole"), None) as store:
        whole = _content(store)
    for number in range(flips):
        path = _copy(stores[number % 2], folder / "flipped")
        where = _flip(path, rng)
        result.flips += 1
        try:
            _read_on(path, whole, steps[done:])
        except WalrasError as error:
            found = (
                error.what.partition(".")[0].rstrip("0123456789 ") if isinstance(error, Corrupt) else error.code
            )
            result.detected[found] = result.detected.get(found, 0) + 1
        except Exception as error:
            # Whatever is not an error of ours is a finding.
            result.wrong += 1
            result.told.append(f"{where}: {type(error).__name__}: {error}")
        else:
            result.harmless += 1
    result.seconds = time.monotonic() - started
    return result


def _read_on(path: Path, whole: Content, later: list[Step]) -> None:
    """Everything as it was, and as it is to become."""
    with Store(path, None) as store:
        if _content(store) != whole:
            raise Differs("the content")
        for step in later:
            Performer(store).write(step.effects, step.stale)
        if kept(store) != later[-1].after:
            raise Differs("what came of it")


def _content(store: Store) -> Content:
    found = kept(store)
    decisions = tuple(store.decision(height) for height in range(found.height + 1))
    journal = tuple(store.journal())
    for fault in reconcile(State(TABLES), journal, store.entries()):
        raise Corrupt(str(store.path), fault.where, fault.kept, fault.journal)
    return Content(found, decisions, journal)


def _made(folder: Path, steps: list[Step], *, at_rest: bool) -> Path:
    """A store that the steps were done on. One not at rest is copied from under its process."""
    folder.mkdir(parents=True)
    live = folder / "live"
    live.mkdir()
    with Store(live / NAME, world.first()) as store:
        for step in steps[1:]:
            Performer(store).write(step.effects, step.stale)
        if not at_rest:
            return _copy(live / NAME, folder / "left")
    return live / NAME


def _copy(path: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for suffix in SUFFIXES:
        source = path.with_name(NAME + suffix)
        if source.exists():
            shutil.copyfile(source, folder / source.name)
    return folder / NAME


def _flip(path: Path, rng: Random) -> str:
    """A bit anywhere in the files, each byte as likely as any other."""
    files = [file for file in (path.with_name(NAME + suffix) for suffix in SUFFIXES) if file.exists()]
    sizes = [file.stat().st_size for file in files]
    (chosen,) = rng.choices(files, sizes)
    data = bytearray(chosen.read_bytes())
    offset, bit = rng.randrange(len(data)), rng.randrange(8)
    data[offset] ^= 1 << bit
    chosen.write_bytes(data)
    return f"{chosen.name} byte {offset} bit {bit}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        result = campaign(options.flips, options.seed, Path(folder))
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        detected = ", ".join(f"{code} {count}" for code, count in sorted(result.detected.items()))
        print(f"{result.flips} flips: {sum(result.detected.values())} detected ({detected}),", end=" ")
        print(f"{result.harmless} harmless, {result.wrong} wrong", *result.told[:20], sep="\n")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
