"""Snapshots: the state in chunks and back; whatever else is in chunks is refused, never a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.canonical import pack
from node.catchup import snapshot
from node.catchup.errors import BadSnapshot
from node.catchup.snapshot import chunk_hash, chunks_of, rebuild
from node.chain.genesis import build
from settlement.ledger.state import State
from tests.agreement_worlds import staked
from tests.ledgers import ledger

STATE = ledger()
WHOLE = b"".join(chunks_of(STATE))


def entry(key: bytes, value: bytes) -> bytes:
    return len(key).to_bytes(4, "big") + key + len(value).to_bytes(4, "big") + value


def parts(data: bytes) -> list[bytes]:
    """Its entries, each with its lengths."""
    found = []
    while data:
        key = int.from_bytes(data[:4], "big")
        end = 8 + key + int.from_bytes(data[4 + key : 8 + key], "big")
        found.append(data[:end])
        data = data[end:]
    return found


@pytest.mark.parametrize("state", [STATE, build(staked())])
@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_a_state_comes_back_from_its_chunks(state: State, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their size: every entry, the same root, and the same chunks again."""
    monkeypatch.setattr(snapshot, "CHUNK_BYTES", size)
    chunks = chunks_of(state)
    back = rebuild(chunks, state.root)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert (back.root, list(back.dump()), chunks_of(back)) == (state.root, list(state.dump()), chunks)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WHOLE[:-1],
        WHOLE[1:],
        WHOLE + b"\0",
        WHOLE + entry(b"\xc1", b"\xc0"),
        WHOLE + entry(pack([99, "x"]), pack([])),
        WHOLE + entry(pack([99]), pack([])),
        WHOLE + entry(pack("chain"), pack([])),
        WHOLE + entry(pack([31, 5]), pack([])),
        WHOLE + entry(pack([31, "zzz"]), pack([1, 2])),
        WHOLE + parts(WHOLE)[-1],
        b"".join(reversed(parts(WHOLE))),
        b"".join(parts(WHOLE)[1:]),
    ],
)
def test_what_is_not_the_dump_of_the_root_is_refused(data: bytes) -> None:
    """Nothing, cut short, shifted, more than it, of no table, doubled, out of order, less than it."""
    with pytest.raises(BadSnapshot):
        rebuild((data,), STATE.root)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(place: int, change: int) -> None:
    """By what it breaks, or by the root."""
    data = WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :]
    with pytest.raises(BadSnapshot):
        rebuild((data,), STATE.root)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_anybody_are_refused(data: bytes) -> None:
    """Typed, whatever they are."""
    with pytest.raises(BadSnapshot):
        rebuild((data,), STATE.root)


def test_a_chunk_s_hash_is_of_all_of_it() -> None:
    """And of nothing else."""
    assert chunk_hash(b"a") != chunk_hash(b"b")
    assert len(chunk_hash(b"")) == 32
