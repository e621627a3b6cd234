"""A node's folder: made once, locked while it runs, its keys for its owner's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.single_node import world
from node.embedded.errors import BadKeyFile, FolderInUse, FolderNotWritable
from node.embedded.folder import (
    LOCK,
    SOLVER,
    STORE,
    VALIDATOR,
    create,
    locked,
    new_secret,
    solver_key,
    validator_key,
)
from node.storage.errors import NotOurs
from node.storage.store import Store


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    """A second node in it would have the first one's past, or its key without its past."""
    create(tmp_path, world.first(), new_secret())
    with pytest.raises(FolderInUse):
        create(tmp_path, world.first(), new_secret())
    (tmp_path / STORE).unlink()
    with pytest.raises(FolderInUse):
        create(tmp_path, world.first(), new_secret())
    with pytest.raises(NotOurs):
        Store(tmp_path / STORE, None)


def test_one_process_at_a_time_is_this_node(tmp_path: Path) -> None:
    """Two would contradict each other under one key."""
    with locked(tmp_path), pytest.raises(FolderInUse), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_nobodys(tmp_path: Path) -> None:
    """It is not said to be in use: no folder, a file in its place, a lock that cannot be opened."""
    (tmp_path / "file").touch()
    (tmp_path / "odd" / LOCK).mkdir(parents=True)
    for name in ("none", "file", "odd"):
        with pytest.raises(FolderNotWritable, match="cannot be written"), locked(tmp_path / name):
            pass


def test_keys_are_read_back_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    """Mode 600; wider is refused, as is what is no key."""
    secret = new_secret()
    create(tmp_path, world.first(), secret, world.SOLVER)
    path = tmp_path / VALIDATOR
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret.hex() not in repr(validator_key(tmp_path))
    found = solver_key(tmp_path)
    assert found is not None
    assert found.secret == world.SOLVER
    path.chmod(0o640)
    with pytest.raises(BadKeyFile, match="640"):
        validator_key(tmp_path)
    for text in ("not hex", "abcd", ""):
        path.chmod(0o600)
        path.write_text(text)
        with pytest.raises(BadKeyFile):
            validator_key(tmp_path)
    path.unlink()
    with pytest.raises(BadKeyFile, match="cannot be read"):
        validator_key(tmp_path)
    (tmp_path / SOLVER).unlink()
    assert solver_key(tmp_path) is None
