"""Where a node keeps what: one folder, all of whose names are here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home folder, names as in ``node.embedded.folder``. Asking for a path reads nothing."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "walras.toml"

    @property
    def genesis(self) -> Path:
        return self.path / "genesis.json"

    @property
    def validator_key(self) -> Path:
        return self.path / "validator.key"

    @property
    def solver_key(self) -> Path:
        return self.path / "solver.key"

    @property
    def identity_key(self) -> Path:
        return self.path / "identity.key"

    @property
    def entry(self) -> Path:
        """What was told of it to whoever wrote the genesis."""
        return self.path / "entry.json"

    @property
    def api_token(self) -> Path:
        return self.path / "api.token"

    @property
    def wallets(self) -> Path:
        return self.path / "wallets"

    @property
    def store(self) -> Path:
        return self.path / "node.sqlite"

    @property
    def history(self) -> Path:
        return self.path / "history.sqlite"

    @property
    def peers(self) -> Path:
        return self.path / "peers.json"

    @property
    def header(self) -> Path:
        """The newest header that a light client believed."""
        return self.path / "light.header"

    @property
    def lock(self) -> Path:
        return self.path / "node.lock"

    @property
    def scratch(self) -> Path:
        """A folder for its solver while it runs; what is in it after a kill goes with the next start."""
        return self.path / "solver.scratch"

    @property
    def settled(self) -> tuple[Path, ...]:
        """All files that a home with keys gets when it is given its network."""
        store = (self.store.with_name(self.store.name + suffix) for suffix in ("", "-mark", "-wal", "-shm"))
        return (self.config, self.genesis, *store)

    @property
    def exists(self) -> bool:
        """Whether somebody has made a node here."""
        return any(path.exists() for path in (self.config, self.genesis, self.store, *self.keys))

    @property
    def complete(self) -> bool:
        """Whether a node can be run from here: it knows its network, besides having keys."""
        return self.config.exists() and self.genesis.exists()

    @property
    def keys(self) -> tuple[Path, ...]:
        return (self.validator_key, self.solver_key, self.identity_key, self.api_token)


def default_home(environment: Mapping[str, str] = os.environ) -> Home:
    """``WALRAS_HOME``, else ``walras`` in the user's data folder (XDG Base Directory Specification 0.8)."""
    named = environment.get("WALRAS_HOME")
    if named:
        return Home(Path(named).expanduser())
    data = environment.get("XDG_DATA_HOME", "")
    # The specification has relative paths ignored.
    root = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return Home(root / "walras")
