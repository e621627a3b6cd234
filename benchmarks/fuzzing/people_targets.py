"""The decoders of what people hand the command line: wallets, settings, receipts, intents, words, peers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import json_bytes, spoilt, spoilt_json
from benchmarks.fuzzing.target import Target
from intents.assets import AssetId
from intents.codec import INTENT
from intents.errors import WalrasError
from intents.fields import Fields
from intents.strict_json import parse_json
from node.chain.items import Submission, decode_item
from node.client.asking import Terms, ask_in, intent_in, intent_of
from node.client.market import Market
from node.keystore import wallets
from node.keystore.sealing import MIN_COST, Scrypt, Sealed, _key
from p2p.libp2p.peerstore import PeerStore
from settlement.receipt import hashes, read_inputs, verify_receipt
from settlement.receipt_codec import decode_receipt, encode_receipt
from sim.scenario.override import changed

_WORDS = (
    "1",
    "0.5",
    "1e9",
    "-1",
    "1e999999",
    "9" * 90,
    "٣",
    "nan",
    "ETH",
    "usdc",
    "for",
    "FOR",
    "",
    "\udcff",
    "A" * 99,
)
_PATHS = (
    *(
        "name=x",
        "chain.mechanism = greedy",
        "solvers.0.share=0.5",
        "agents.1.count = 7",
        "assets.ETH =",
        "a=[1,2]",
    ),
    *("a.b=2021-02-31", "=", "a.b=9"),
)
#: Each takes a hundred times what another does.
_LONG_PATHS = ("solvers." + "9" * 5_000 + "=1", "a=" + "9" * 5_000, "a=" + "[" * 3_000)


def people_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to: some of these read files."""
    sound = encode_receipt(_receipt())
    return (
        Target("wallet file", _wallet, lambda data: wallets.wallet_in(data, "w", "w.json")),
        Target("wallet file, unlocked", _wallet, _unlocked, share=0.03, most=2_000),
        Target("setting", _setting, lambda data: changed(_document(), [data.decode("utf-8", "surrogateescape")])),
        Target("receipt file", documents(_receipt()), _inputs),
        Target("receipt file, verified", _receipts, _verified, share=0.05, most=20_000),
        Target(
            "compact receipt", lambda rng: spoilt(sound, rng, (sound,)), lambda data: decode_receipt(data, "r")
        ),
        Target(
            "intent file",
            documents(_intent()),
            lambda data: intent_in(parse_json(data, "x"), "x", _TERMS, _MARKET),
        ),
        Target("words of an intent", _words, _asked),
        Target(
            "peers file", documents({"peer": "/ip4/10.0.0.1/tcp/1"}), _peers_in(folder / "peers.json"), share=0.2
        ),
    )


_MARKET = Market(corpus.network(), 7, {AssetId("ETH"): 18, AssetId("USDC"): 6, AssetId("usdc"): 6})
_PASSWORD = "correct horse"
_TERMS = Terms(corpus.OWNER.public, nonce=5)


def _wallet(rng: Random) -> bytes:
    """Half of them with the checksum that what they say now has."""
    value = spoilt_json(_sound_wallet(), rng)
    if rng.random() < 0.5 and isinstance(value, dict) and "checksum" in value:
        body = {key: what for key, what in value.items() if key != "checksum"}
        value["checksum"] = "0x" + wallets.checksum_of(body).hex()
    data = json_bytes(value)
    return data if rng.random() < 0.85 else spoilt(data, rng)


@cache
def _sound_wallet() -> dict[str, Any]:
    """As cheap as a wallet may be."""
    kdf, nonce, public = Scrypt(b"Z" * 32, MIN_COST), bytes(12), corpus.OWNER.public
    sealed = ChaCha20Poly1305(_key(_PASSWORD, kdf)).encrypt(nonce, b"k" * 32, wallets._bound(public))
    return wallets._to_json(wallets.Wallet("w", public, Sealed(kdf, nonce, sealed)))


def _unlocked(data: bytes) -> None:
    """What passes costs a key's derivation."""
    wallets.unlock(wallets.wallet_in(data, "w", "w.json"), _PASSWORD)


def _document() -> dict[str, Any]:
    return {
        "name": "x",
        "chain": {"mechanism": "exact"},
        "solvers": [{"name": "a", "share": 1}],
        "agents": [{}, {}],
    }


def _setting(rng: Random) -> bytes:
    sound = [path.encode() for path in (_PATHS if rng.random() < 0.99 else _LONG_PATHS)]
    return spoilt(rng.choice(sound), rng, sound) if rng.random() < 0.9 else rng.choice(sound)


@cache
def _receipt() -> dict[str, Any]:
    found = json.loads(json_bytes(corpus.receipt()))
    assert isinstance(found, dict)
    return found


def _inputs(data: bytes) -> None:
    read_inputs(Fields(parse_json(data, "r"), "r"), "r")


def _receipts(rng: Random) -> bytes:
    """Most of them with the hashes that what they say now has."""
    receipt = spoilt_json(_receipt(), rng)
    with suppress(WalrasError):
        if isinstance(receipt, dict) and rng.random() < 0.9:
            receipt.update(hashes(read_inputs(Fields(receipt, "r"), "r")))
    return json_bytes(receipt)


def _verified(data: bytes) -> None:
    verify_receipt(parse_json(data, "r"), "r")


def _intent() -> dict[str, Any]:
    item = decode_item(corpus.items()[0])
    assert isinstance(item, Submission)
    found = INTENT.to_json(item.intent)
    assert isinstance(found, dict)
    return found


def _words(rng: Random) -> bytes:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.choice((3, 4, 4, 5, 5, 6)))).encode(
        "utf-8", "surrogateescape"
    )


def _asked(data: bytes) -> None:
    ask = ask_in(data.decode("utf-8", "surrogateescape").split(" "))
    if ask.give_amount is not None and ask.want_amount is not None:
        intent_of(ask, _TERMS, _MARKET)


def _peers_in(path: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        path.write_bytes(data)
        PeerStore(path, 3)

    return read
