"""The table of the ledger's entries is a dictionary, whatever is changed and however often it is opened."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from node.storage.database import LocalDisk
from node.storage.rows import Entries
from tests.unit.node.test_storage_entries import PLACE, TABLE

KEYS = st.sampled_from([bytes([place]) for place in range(12)])
DELTAS = st.dictionaries(KEYS, st.none() | st.binary(max_size=4))
STEPS = st.lists(st.none() | st.tuples(st.booleans(), DELTAS), max_size=12)


@given(STEPS)
def test_entries_on_disk_are_those_in_memory(steps: list[tuple[bool, dict[bytes, bytes | None]] | None]) -> None:
    """Changed, begun anew or opened again (``None``): each entry is there once, with its last value."""
    known: dict[bytes, bytes] = {}
    with closing(LocalDisk().connect(Path(":memory:"))) as db:
        db.execute(TABLE)
        entries = Entries(db, PLACE)
        for step in steps:
            if step is None:
                entries = Entries(db, PLACE)
                continue
            anew, delta = step
            new = {key: value for key, value in delta.items() if value is not None}
            if anew:
                entries.begin_anew(new)
                known = new
            else:
                entries.change(delta)
                known = {key: value for key, value in (known | delta).items() if value is not None}
            assert entries.all() == known
            assert len(list(db.execute("SELECT seq FROM state"))) == len(known)
