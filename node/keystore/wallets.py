"""A folder of wallets: NAME.json, one key each, readable by their owner alone.

    {"format": "walras-wallet/1", "public": "0x…",
     "scrypt": {"n": 131072, "r": 8, "p": 1, "salt": "0x…"},
     "chacha20_poly1305": {"nonce": "0x…", "text": "0x…"}, "checksum": "0x…"}

``text`` is the 32-byte seed of an Ed25519 key, sealed together with format and public key. ``checksum`` is SHA-256
over all the rest, so that a damaged file is told from a wrong password.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intents.errors import InputError, UsageError
from intents.fields import Fields
from intents.intent import OwnerScheme
from intents.keys import PUBLIC_KEY_BYTES
from intents.signing import SigningKey
from intents.strict_json import parse_json
from node.keystore.errors import (
    NoWallet,
    WalletDamaged,
    WalletError,
    WalletExists,
    WalletExposed,
    WrongPassword,
)
from node.keystore.sealing import NONCE_BYTES, SALT_BYTES, Scrypt, Sealed, check_cost, seal, unseal

FORMAT: Final = "walras-wallet/1"
MAX_WALLET_BYTES: Final = 16 << 10
MAX_WALLETS: Final = 1_000
SEED_BYTES: Final = 32
_TEXT_BYTES: Final = SEED_BYTES + 16
_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet as it lies on disk: closed."""

    name: str
    public: bytes
    sealed: Sealed

    @property
    def owner(self) -> str:
        """As accounts are written: scheme and key."""
        return f"{OwnerScheme.ED25519}:0x{self.public.hex()}"


def check_new(folder: Path, name: str) -> Path:
    """Where a wallet of that name would be. Raises ``WalletExists`` where there is one."""
    path = _path(folder, name)
    if path.exists():
        raise WalletExists(str(path), "is there already; wallets are never overwritten")
    return path


def create(folder: Path, name: str, seed: bytes, password: str, *, n: int = 1 << 17) -> Wallet:
    """A new wallet, on disk when this returns; where it cannot be written, none. Raises ``WalletExists``."""
    path = check_new(folder, name)
    public = SigningKey.from_seed(seed).public
    wallet = Wallet(name, public, seal(seed, password, _bound(public), n=n))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(file, "w", encoding="utf-8") as writer:
            os.fchmod(writer.fileno(), 0o600)
            writer.write(json.dumps(_to_json(wallet), indent=2) + "\n")
            writer.flush()
            os.fsync(writer.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    return wallet


def _unwritable(path: Path, error: OSError) -> WalletError:
    return WalletError(str(path), f"cannot be written: {(error.strerror or str(error)).lower()}")


def read(folder: Path, name: str) -> Wallet:
    """The closed wallet. Raises ``NoWallet``, ``WalletExposed`` or ``WalletDamaged``."""
    path = _path(folder, name)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(file, "rb") as reader:
            state, data = os.fstat(reader.fileno()), reader.read(MAX_WALLET_BYTES + 1)
    except FileNotFoundError as error:
        known = ", ".join(names(folder)[:8])
        raise NoWallet(str(path), f"there is no such wallet{f' (there are {known})' if known else ''}") from error
    except OSError as error:
        raise WalletError(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if stat.S_IMODE(state.st_mode) & 0o077:
        raise WalletExposed(str(path), f"others may read it (mode {stat.S_IMODE(state.st_mode):o}); chmod 600 it")
    return wallet_in(data, name, str(path))


def wallet_in(data: bytes, name: str, where: str) -> Wallet:
    """The closed wallet that a file holds. Raises ``WalletDamaged``."""
    try:
        return _from_json(parse_json(data, where, max_bytes=MAX_WALLET_BYTES), name, where)
    except WalletError:
        raise
    except InputError as error:
        raise WalletDamaged(where, f"is no wallet: {error}") from error


def unlock(wallet: Wallet, password: str) -> SigningKey:
    """The key in it. Raises ``WrongPassword``."""
    return SigningKey.from_seed(seed_of(wallet, password))


def seed_of(wallet: Wallet, password: str) -> bytes:
    """The secret itself, for whoever moves it elsewhere. Raises ``WrongPassword``."""
    seed = unseal(wallet.sealed, password, _bound(wallet.public))
    if seed is None:
        raise WrongPassword(wallet.name, "the password does not open this wallet")
    return seed


def names(folder: Path) -> Sequence[str]:
    """The wallets in ``folder``, at most ``MAX_WALLETS``."""
    if not folder.is_dir():
        return ()
    found = sorted(path.stem for path in folder.glob("*.json") if _NAME.fullmatch(path.stem))
    return found[:MAX_WALLETS]


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError("NAME", f"1 to 64 letters, digits, dots, dashes and underscores, not {name[:80]!r}")
    return folder / f"{name}.json"


def _bound(public: bytes) -> bytes:
    return FORMAT.encode() + b"\0" + public


def _to_json(wallet: Wallet) -> dict[str, Any]:
    kdf = wallet.sealed.kdf
    body: dict[str, Any] = {
        "format": FORMAT,
        "public": _hex(wallet.public),
        "scrypt": {"n": kdf.n, "r": kdf.r, "p": kdf.p, "salt": _hex(kdf.salt)},
        "chacha20_poly1305": {"nonce": _hex(wallet.sealed.nonce), "text": _hex(wallet.sealed.text)},
    }
    return {**body, "checksum": _hex(checksum_of(body))}


def _from_json(document: object, name: str, where: str) -> Wallet:
    fields = Fields(document, where).only("format", "public", "scrypt", "chacha20_poly1305", "checksum")
    fields.choice("format", (FORMAT,))
    body = {key: value for key, value in fields.document.items() if key != "checksum"}
    if fields.hex("checksum", length=32) != checksum_of(body):
        raise WalletDamaged(where, "its checksum is another: the file is not what was written")
    cost = fields.child("scrypt").only("n", "r", "p", "salt")
    kdf = Scrypt(
        cost.hex("salt", length=SALT_BYTES),
        cost.integer("n", high=1 << 30),
        cost.integer("r", high=1 << 10),
        cost.integer("p", high=1 << 10),
    )
    check_cost(kdf, cost.where)
    text = fields.child("chacha20_poly1305").only("nonce", "text")
    sealed = Sealed(kdf, text.hex("nonce", length=NONCE_BYTES), text.hex("text", length=_TEXT_BYTES))
    return Wallet(name, fields.hex("public", length=PUBLIC_KEY_BYTES), sealed)


def checksum_of(body: dict[str, Any]) -> bytes:
    """Over all but the checksum itself; what no wallet holds, such as a number with a fraction, as text."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()).digest()


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
