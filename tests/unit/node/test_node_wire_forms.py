"""docs/wire.md and the code describe the same bytes: forms, numbers, domains, digests, and a worked example."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from random import Random
from typing import Any

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.live_targets import live_targets
from benchmarks.fuzzing.targets import peer_targets
from intents.canonical import MAX_NESTING
from intents.intent import MAX_INTENT_BYTES
from node.agreement import messages as said
from node.agreement.wire import MAX_BLOCK_BYTES
from node.catchup.messages import Now
from node.catchup.wire import CHUNK_BYTES
from node.chain.blocks import MAX_HEADER_BYTES, MAX_ITEM_BYTES
from node.chain.inclusion import FULL_BYTES
from node.chain.items import decode_item, item_id
from node.live import greeting, hearing, presence, shelf, wire
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER
from tests.wire_code import written
from tests.wire_forms import DOCUMENT, NotOfTheForm, decoded, forms, unpacked

TEXT = DOCUMENT.read_text(encoding="utf-8")
FORMS = forms(TEXT)
ROOT = DOCUMENT.parent.parent
NETWORK = corpus.network()


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def packed(value: Any) -> bytes:
    data: bytes = msgpack.packb(value, use_bin_type=True)
    return data


def signed_by(key: bytes, signature: bytes, digest: bytes) -> None:
    """Raises where it is not."""
    Ed25519PublicKey.from_public_bytes(key).verify(signature, digest)


def test_every_form_is_that_of_the_code() -> None:
    """Field by field, bound by bound, and none is missing on either side."""
    code = written()
    found = forms("```forms\n" + "\n".join(f"{name} = {text}" for name, text in code.items()) + "\n```")
    assert set(FORMS) == set(found)
    for name, form in found.items():
        assert FORMS[name] == form, name


def test_every_number_is_that_of_the_code() -> None:
    """Those that stand in the prose and the tables."""
    numbers = (
        wire.MESSAGE_BYTES, MAX_NESTING, MAX_ITEM_BYTES, MAX_INTENT_BYTES, wire.ITEM_PACKS.items,
        wire.ITEM_PACKS.pack_bytes, wire.MAX_PRESENCE_BYTES, wire.MAX_HELLO_BYTES, greeting._TIMEOUT_MS,
        greeting._TRIES, wire.WORD_PACKS.items, wire.WORD_PACKS.pack_bytes, wire.MAX_SENT_BYTES,
        wire.MAX_PUSHED_BYTES,
        shelf.KEPT_MS // 1_000, wire.MAX_WORD_BYTES, hearing.WORDS_PER_S, hearing.WORDS_BURST, presence.EVERY_MS,
        presence.BELIEVED_MS, MAX_HEADER_BYTES, MAX_BLOCK_BYTES, CHUNK_BYTES,
        FULL_BYTES,
    )  # fmt: skip
    for number in numbers:
        assert f"`{number:,}`" in TEXT, number
    assert f"at most {MAX_SOLUTIONS_PER_SOLVER}; each is" in TEXT
    for name in (wire.HELLO, wire.WORDS, wire.FETCH):
        assert f"`{name}`" in TEXT
    for topic in (wire.items_topic(NETWORK), wire.presence_topic(NETWORK)):
        assert f"`{topic.replace(NETWORK.hex(), 'NETWORK')}`" in TEXT
    for kind in wire.Kind:
        assert f"| `{int(kind)}` |" in TEXT


def test_every_domain_of_what_is_said_is_in_the_document() -> None:
    """Found in the sources of what goes over the wire."""
    places = ["intents/codec.py", "intents/signing.py", "settlement/ledger/transactions.py", "node/live/wire.py"]
    places += [
        f"node/{name}.py" for name in ("chain/items", "agreement/messages", "catchup/messages", "catchup/snapshot")
    ]
    for place in places:
        for domain in re.findall(r'b"(walras/[a-z]+/1)\\0"', Path(ROOT / place).read_text(encoding="utf-8")):
            assert f'"{domain}␀"' in TEXT, domain


def test_the_example_is_what_its_sentence_says() -> None:
    """Read by the document's decoder; its signature holds, its ids are right."""
    lines = re.search(r"    item +((?:[0-9a-f]+\s+)+)item id +([0-9a-f]+)\s+intent id +([0-9a-f\s]+?)\n\n", TEXT)
    assert lines is not None
    item, number, intent = (bytes.fromhex(re.sub(r"\s", "", part)) for part in lines.groups())
    kind, submission = decoded(item, "Item", FORMS)
    terms = submission["intent"]
    assert kind == "intent"
    assert (terms["network"], terms["nonce"], terms["valid_to"]) == (b"\2" * 32, 5, 2**63 - 1)
    assert terms["give"] == [{"asset": "AAA", "amount": 1000}]
    assert terms["want"] == [{"asset": "BBB", "amount": 10}]
    assert terms["fill"] == {"mode": "partial", "min_fill": 0}
    body = packed([1, *unpacked(item)[1][0]])
    assert sha(b"walras/item/1\0", item) == number == item_id(item)
    assert sha(b"walras/intent/1\0", body) == intent
    digest = sha(b"walras/signature/1\0", b"\2" * 32, b"walras/intent/1\0", body)
    signed_by(terms["owner"]["key"], submission["signature"], digest)
    assert decode_item(item)


@pytest.mark.parametrize("number", range(len(corpus.items())))
def test_items_are_signed_as_the_document_says(number: int) -> None:
    """Every kind of them, by digests made by hand."""
    kind, fields = decoded(corpus.items()[number], "Item", FORMS)
    raw = unpacked(corpus.items()[number])[1]
    match kind:
        case "intent":
            body = packed([1, *raw[0]])
            digest = sha(b"walras/signature/1\0", NETWORK, b"walras/intent/1\0", body)
            signed_by(fields["intent"]["owner"]["key"], fields["signature"], digest)
        case "transaction":
            signed_by(raw[0], raw[3], sha(b"walras/transaction/1\0", NETWORK, packed(raw[:3])))
        case "commit":
            signed_by(raw[1], raw[3], sha(b"walras/commit/1\0", NETWORK, packed(raw[:3])))
        case "reveal":
            body = packed([*raw[:3], sha(raw[3])])
            signed_by(raw[1], raw[4], sha(b"walras/reveal/1\0", NETWORK, body))
            sealed = sha(b"walras/seal/1\0", NETWORK, packed([raw[0], raw[1], len(raw[3])]), raw[2], raw[3])
            assert sealed == next(
                fields["seal"] for kind, fields in map(_item, corpus.items()) if kind == "commit"
            )
            for solution in unpacked(raw[3]):
                version, *rest = unpacked(solution)
                assert version == 1
                assert decoded(packed(rest), "Solution", FORMS)["solver"] == "mine"


def _item(data: bytes) -> Any:
    return decoded(data, "Item", FORMS)


def test_votes_proposals_and_words_are_signed_over_the_documents_digests() -> None:
    """Against the code's own."""
    block = b"b" * 32

    def digest(kind: int, fields: list[Any]) -> bytes:
        return sha(b"walras/agreement/1\0", NETWORK, bytes([kind]), packed(fields))

    for ballot in said.Ballot:
        assert said.Vote(ballot, 3, 1, None, 0).signed(NETWORK) == digest(int(ballot), [3, 1, None])
        assert said.Vote(ballot, 3, 1, block, 0).signed(NETWORK) == digest(int(ballot), [3, 1, block])
    assert said.Proposal(3, 1, block, -1, None, 0).signed(NETWORK) == digest(2, [3, 1, block, -1])
    assert said.Seen(3, (block,), 0).signed(NETWORK) == digest(3, [3, [block]])
    now = sha(b"walras/now/1\0", NETWORK, packed([block, 7]))
    assert Now(block, 7, b"k" * 32).signed(NETWORK) == now
    assert wire.peer_proof(NETWORK, block) == sha(b"walras/peer/1\0", NETWORK, block)
    whole = corpus.blocks()[1]
    end = 4 + int.from_bytes(whole[:4], "big")
    number = sha(b"walras/block/1\0", sha(whole[:end]), sha(whole[end:]))
    assert said.block_id(whole) == number
    assert decoded(whole[4:end], "Header", FORMS)["height"] == 3
    assert len(decoded(whole[end:], "BlockBody", FORMS)["items"]) == 3


@pytest.mark.parametrize(
    ("target", "form"),
    [("item", "Item"), ("agreement", "Message"), ("catch-up", "PeerMessage"), ("hello", "Hello")],
)
def test_whatever_the_code_reads_the_document_describes(target: str, form: str) -> None:
    """Of spoilt inputs too: none that the code takes is outside the document's forms."""
    found = next(found for found in (*peer_targets(), *live_targets()) if found.name == target)
    rng, accepted = Random(3), 0
    for _ in range(1_500):
        data = found.make(rng)
        try:
            found.read(data)
        except found.declared:
            continue
        assert decoded(data, form, FORMS)
        accepted += 1
    assert accepted > 10


@pytest.mark.parametrize(
    "data", ["cc05", "91cc05", "d905" + "61" * 5, "dc0001c0", "c0c0", "c1", "81a16101", "d0ff", "c50001ff"]
)
def test_a_second_form_of_a_value_is_none_for_the_documents_decoder(data: str) -> None:
    """Integers and lengths written long, bytes left over, maps."""
    with pytest.raises(NotOfTheForm):
        unpacked(bytes.fromhex(data))
