"""Making homes: keys first, then the network they are for. Nothing that is there is ever overwritten."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from intents.errors import UsageError
from intents.signing import SigningKey
from node.chain.genesis import build
from node.embedded.folder import locked
from node.home.config import NodeConfig, RoleName
from node.home.config_file import config_text
from node.home.config_keys import HOST
from node.home.entry import Entry
from node.home.errors import HomeError, HomeExists
from node.home.genesis_file import GenesisFile, genesis_text
from node.home.paths import Home
from node.home.peer_id import peer_id
from node.home.secrets import new_secret, read_secret, write_secret
from node.storage.store import Store


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """``validator`` and ``solver`` are ``None`` where the home has no such key."""

    peer: str
    validator: bytes | None
    solver: bytes | None


@contextmanager
def taken_away(made: Sequence[Path]) -> Iterator[None]:
    """Where the block fails, on a full disk perhaps, what it has ``made`` by then is removed: keys without a
    network are of no use, and in the way of the next try."""
    try:
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def make_keys(home: Home, *, validator: bool, solver: bool) -> PublicKeys:
    """New keys in a new home, and the token of its interface. Raises ``HomeExists`` where there is a home."""
    if home.exists:
        raise HomeExists(str(home.path), "holds a node already: its keys and ledger belong together")
    try:
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeError(str(home.path), f"cannot be made: {(error.strerror or str(error)).lower()}") from error
    wanted = [home.identity_key, home.api_token]
    wanted += [home.validator_key] if validator else []
    wanted += [home.solver_key] if solver else []
    with locked(home.path):
        if home.exists:
            raise HomeExists(str(home.path), "holds a node already: its keys and ledger belong together")
        with taken_away(wanted):
            for path in wanted:
                write_secret(path, new_secret())
    return public_keys(home)


def public_keys(home: Home) -> PublicKeys:
    """Raises ``BadKeyFile``."""
    return PublicKeys(
        peer_id(_public(home.identity_key)),
        _public(home.validator_key) if home.validator_key.exists() else None,
        _public(home.solver_key) if home.solver_key.exists() else None,
    )


def settle_in(home: Home, genesis: GenesisFile, config: NodeConfig) -> None:
    """Give a home with keys its network and configuration.

    A validator's ledger is made here, together with what it starts from, and never again: a key whose ledger is
    gone must not vote as if it had said nothing yet.
    """
    if config.node.role is RoleName.VALIDATOR:
        check_votes(home, genesis)
    with locked(home.path):
        for path in (home.genesis, home.config, home.store):
            if path.exists():
                raise HomeExists(str(path), "is there already")
        with taken_away(home.settled):
            if config.node.role is RoleName.VALIDATOR:
                Store(home.store, build(genesis.genesis)).close()
            _write(home.genesis, genesis_text(genesis))
            _write(home.config, config_text(config))
            home.wallets.mkdir(mode=0o700, exist_ok=True)


def check_votes(home: Home, genesis: GenesisFile) -> None:
    """Raises ``HomeError`` where the home's validator key has no vote in that network from the beginning."""
    if not home.validator_key.exists():
        raise HomeError(str(home.path), "has no validator.key, so its role cannot be validator")
    own = _public(home.validator_key)
    if own not in {validator.key for validator in genesis.genesis.validators}:
        raise HomeError(
            str(home.path),
            f"its validator key 0x{own.hex()} is not among the genesis's validators (role full or solver joins "
            "without one)",
        )


def entry_of(home: Home, name: str, host: str, port: int) -> Entry:
    """What to tell whoever writes the genesis."""
    keys = public_keys(home)
    return Entry(name, multiaddr(host, port, keys.peer) if host else "", keys.validator, keys.solver)


def multiaddr(host: str, port: int, peer: str = "") -> str:
    """The address of a host name or IP address, of a peer where one is named. Raises ``UsageError``."""
    kind = "ip6" if ":" in host else "ip4" if host.replace(".", "").isdecimal() else "dns"
    if not HOST.fullmatch(host) or (kind != "dns" and not _is_ip(host)):
        raise UsageError("--host", f"a host name or IP address, not {host[:80]!r}")
    return f"/{kind}/{host}/tcp/{port}" + (f"/p2p/{peer}" if peer else "")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _public(path: Path) -> bytes:
    return SigningKey.from_seed(read_secret(path)).public


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and on disk when this returns."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise HomeError(str(path), f"cannot be written: {(error.strerror or str(error)).lower()}") from error
