"""Wallets: what goes in comes out under its password alone, and damage is told from a wrong password."""

from __future__ import annotations

import json
import resource
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intents.errors import UsageError, WrongValue
from intents.signing import SigningKey
from node.keystore import wallets
from node.keystore.errors import NoWallet, WalletDamaged, WalletError, WalletExists, WalletExposed, WrongPassword
from node.keystore.sealing import Scrypt as Parameters
from node.keystore.sealing import check_cost, seal, unseal

SEED = bytes(range(32))
#: The least a wallet may cost, so that tests are quick.
CHEAP = 1 << 14


def made(folder: Path, name: str = "w", password: str = "open") -> wallets.Wallet:
    return wallets.create(folder, name, SEED, password, n=CHEAP)


def test_keystore_round_trip(tmp_path: Path) -> None:
    """The key that signs is the one that was put in, and only its owner may read the file."""
    made(tmp_path)
    found = wallets.read(tmp_path, "w")
    assert wallets.unlock(found, "open").public == SigningKey.from_seed(SEED).public == found.public
    assert stat.S_IMODE((tmp_path / "w.json").stat().st_mode) == 0o600
    assert SEED.hex() not in (tmp_path / "w.json").read_text()


def test_keystore_default_cost() -> None:
    """Unless told otherwise a wallet costs 128 MiB to try a password on."""
    assert (Parameters(b"").n, Parameters(b"").r, Parameters(b"").p) == (1 << 17, 8, 1)


def test_keystore_is_what_it_says(tmp_path: Path) -> None:
    """The file opens with nothing but scrypt and ChaCha20-Poly1305, by what it says of itself."""
    made(tmp_path)
    found = json.loads((tmp_path / "w.json").read_text())
    cost, text = found["scrypt"], found["chacha20_poly1305"]
    key = Scrypt(bytes.fromhex(cost["salt"][2:]), 32, cost["n"], cost["r"], cost["p"]).derive(b"open")
    bound = b"walras-wallet/1\0" + bytes.fromhex(found["public"][2:])
    opened = ChaCha20Poly1305(key).decrypt(
        bytes.fromhex(text["nonce"][2:]), bytes.fromhex(text["text"][2:]), bound
    )
    assert opened == SEED


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(secret=st.binary(min_size=1, max_size=64), password=st.text(min_size=1, max_size=40))
def test_keystore_seal_law(secret: bytes, password: str) -> None:
    """Sealed under a password, a secret opens under it and under no other, nor bound to other data."""
    sealed = seal(secret, password, b"bound", n=CHEAP)
    assert unseal(sealed, password, b"bound") == secret
    assert unseal(sealed, password, b"other") is None
    assert unseal(sealed, password + "!", b"bound") is None


def test_keystore_composed_letters() -> None:
    """One password, however a keyboard composes its letters."""
    sealed = seal(SEED, "caf\u00e9", b"", n=CHEAP)
    assert unseal(sealed, "cafe\u0301", b"") == SEED


def test_keystore_wrong_password(tmp_path: Path) -> None:
    """A wrong password is called that, and an empty one is not tried."""
    wallet = made(tmp_path)
    with pytest.raises(WrongPassword):
        wallets.unlock(wallet, "Open")
    with pytest.raises(UsageError):
        wallets.unlock(wallet, "")


def test_keystore_damage(tmp_path: Path) -> None:
    """Any changed character of the file is damage, not a wrong password."""
    made(tmp_path)
    path = tmp_path / "w.json"
    text = path.read_text()
    for place in range(0, len(text), 7):
        if not text[place].isalnum():
            continue
        path.write_text(text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :])
        with pytest.raises(WalletDamaged):
            wallets.read(tmp_path, "w")
    for data in ("", "{}", "[]", "\0", text[:-20], text.replace('"p": 1', '"p": 1.5')):
        path.write_text(data)
        with pytest.raises(WalletDamaged):
            wallets.read(tmp_path, "w")


@pytest.mark.parametrize(
    ("n", "r", "p"), [(1 << 13, 8, 1), (1 << 21, 8, 1), (100_000, 8, 1), (1 << 17, 9, 1), (1 << 17, 8, 5)]
)
def test_keystore_costs_are_bounded(n: int, r: int, p: int) -> None:
    """A file may not ask for more memory than there is, nor for none."""
    with pytest.raises(WrongValue):
        check_cost(Parameters(b"", n, r, p), "w")


def test_keystore_exposed(tmp_path: Path) -> None:
    """A wallet that others may read is not used."""
    made(tmp_path)
    (tmp_path / "w.json").chmod(0o604)
    with pytest.raises(WalletExposed, match="chmod 600"):
        wallets.read(tmp_path, "w")


def test_keystore_never_overwrites(tmp_path: Path) -> None:
    """There is no second copy of a key, so no second wallet of a name."""
    made(tmp_path)
    before = (tmp_path / "w.json").read_bytes()
    with pytest.raises(WalletExists):
        made(tmp_path, password="other")
    assert (tmp_path / "w.json").read_bytes() == before


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a" * 65, "a\0"])
def test_keystore_names(tmp_path: Path, name: str) -> None:
    """A wallet's name cannot lead out of its folder."""
    with pytest.raises(UsageError):
        made(tmp_path, name)
    with pytest.raises(UsageError):
        wallets.read(tmp_path, name)


def test_keystore_listing(tmp_path: Path) -> None:
    """Wallets are listed by name; one that is missing says which there are."""
    assert wallets.names(tmp_path / "none") == ()
    made(tmp_path, "b")
    made(tmp_path, "a")
    assert list(wallets.names(tmp_path)) == ["a", "b"]
    with pytest.raises(NoWallet, match="a, b"):
        wallets.read(tmp_path, "c")
    (tmp_path / "d.json").mkdir()
    with pytest.raises(WalletError):
        wallets.read(tmp_path, "d")


def test_keystore_without_room_leaves_no_wallet(tmp_path: Path) -> None:
    """Half a wallet would be in the way of a whole one of that name."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(WalletError, match="cannot be written"):
            made(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert wallets.unlock(made(tmp_path), "open").public == SigningKey.from_seed(SEED).public
