"""The key file and the peer file: modes, damage, bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from p2p.base import KeyFileError
from p2p.libp2p.identity import load_or_create
from p2p.libp2p.peerstore import PeerStore


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o177])
def test_a_key_is_made_for_its_owner_alone_and_read_again(tmp_path: Path, umask: int) -> None:
    """Whatever the process's umask."""
    path, before = tmp_path / "key", os.umask(umask)
    try:
        seed = load_or_create(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path) == seed
    assert len(seed) == 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o610])
def test_a_key_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """With what to do about it."""
    path = tmp_path / "key"
    load_or_create(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_create(path)


@pytest.mark.parametrize("text", [b"", b"00", b"zz" * 32, b"\xff" * 64, b"00" * 33])
def test_a_damaged_key_is_named_and_left_alone(tmp_path: Path, text: bytes) -> None:
    """Never replaced: it may be all there is."""
    path = tmp_path / "key"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileError):
        load_or_create(path)
    assert path.read_bytes() == text


def test_a_link_or_a_folder_is_no_key_file(tmp_path: Path) -> None:
    """Nor is a file in a folder that is not there."""
    load_or_create(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    (tmp_path / "folder").mkdir()
    for path in ("link", "folder", "none/key"):
        with pytest.raises(KeyFileError):
            load_or_create(tmp_path / path)


def test_peers_are_remembered_bounded_and_over_restarts(tmp_path: Path) -> None:
    """The longest unmet goes first."""
    path = tmp_path / "peers.json"
    store = PeerStore(path, 3)
    for number in range(5):
        store.met(f"p{number}", f"/ip4/127.0.0.1/tcp/{number}")
    assert list(PeerStore(path, 3).addresses()) == ["p2", "p3", "p4"]
    assert os.listdir(tmp_path) == ["peers.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', "\x00", "[" * 50_000])
def test_a_damaged_peer_file_holds_nothing(tmp_path: Path, text: str) -> None:
    """It is only a help."""
    path = tmp_path / "peers.json"
    path.write_text(text)
    assert len(PeerStore(path, 3)) == 0
