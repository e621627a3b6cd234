"""The decoders of live nodes: the hello and its answer, words in their packs, presence, and the API's bodies."""

from __future__ import annotations

from functools import partial
from random import Random

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.grammar import made
from benchmarks.fuzzing.mutate import spoilt
from benchmarks.fuzzing.target import Target, canonical, same
from intents.canonical import Value
from intents.errors import WalrasError
from node.agreement.wire import decode_message
from node.catchup.wire import decode_peer
from node.chain.items import decode_item
from node.live import wire
from node.served import Role
from p2p.packing import BadPack, pack, unpack

_ADDRESS = "/ip4/10.0.0.1/tcp/8644"


def live_targets() -> tuple[Target, ...]:
    key, network = corpus.KEYS[0], corpus.network()
    proof = key.sign(wire.peer_proof(network, corpus.HASH))
    known = wire.Hello(1, network, Role.VALIDATOR, "one", key.public, proof, 5, (_ADDRESS,))
    plain = wire.Hello(1, network, Role.FULL, "two", b"", b"", -1, ())
    presence = wire.Presence(
        corpus.HASH, "one", Role.VALIDATOR, key.public, proof, (_ADDRESS,), 5, 2, (corpus.HASH,), 1
    )
    hellos = tuple(map(wire.encode_hello, (known, plain)))
    answers = (wire.encode_welcome(known), wire.encode_refusal("network"))
    said = (wire.encode_presence(presence, key.sign(wire.presence_digest(network, presence))),)
    refused = (WalrasError, wire.Refusal)
    return (
        Target("hello", canonical(partial(made, wire._HELLO), hellos), _hello, refused),
        Target("hello's answer", canonical(_answer_value, answers), wire.decode_answer, refused),
        Target("presence", canonical(_presence_value, said), _presence),
        Target("words", _words, _read_words, (WalrasError, BadPack)),
    )


def _hello(data: bytes) -> None:
    same(data, wire.encode_hello(wire.decode_hello(data)))


def _answer_value(rng: Random) -> Value:
    return [rng.randint(0, 1), made(wire._HELLO, rng)]


def _presence_value(rng: Random) -> Value:
    return [made(wire._PRESENCE, rng), rng.randbytes(64)]


def _presence(data: bytes) -> None:
    same(data, wire.encode_presence(*wire.decode_presence(data)))


def _words(rng: Random) -> bytes:
    """A pack of words, most of them of a kind that is."""
    words = [_word(rng) for _ in range(rng.randint(1, 4))]
    data = pack([one for one in words if one] or [b"\0"])
    return data if rng.random() < 0.8 else spoilt(data, rng)


def _word(rng: Random) -> bytes:
    offer = wire.encode_offer(wire.offer_of(corpus.items()[0]))
    bodies = (
        [bytes([wire.Kind.AGREEMENT]) + data for data in corpus.agreement()]
        + [bytes([wire.Kind.PAST]) + data for data in corpus.peer()]
        + [bytes([wire.Kind.ITEM]) + data for data in corpus.items()]
        + [offer, wire.want_body(5, corpus.HASH), wire.want_items((corpus.HASH,))]
    )
    sound = rng.choice(bodies)
    return sound if rng.random() < 0.4 else spoilt(sound, rng, bodies)


def _read_words(data: bytes) -> None:
    """Each word by its kind, as docs/wire.md says."""
    for word in unpack(data, wire.WORD_PACKS):
        body = word[1:]
        match word[0]:
            case wire.Kind.AGREEMENT:
                decode_message(body)
            case wire.Kind.PAST:
                decode_peer(body)
            case wire.Kind.WANT_BODY:
                wire.read_want_body(body)
            case wire.Kind.WANT_ITEMS:
                wire.read_want_items(body)
            case wire.Kind.ITEM:
                decode_item(body)
            case wire.Kind.OFFER:
                wire.decode_offer(body)
