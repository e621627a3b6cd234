"""The decoders of what a light client and a node's user are answered: proofs, headers, networks, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, cast

import httpx
import msgspec

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import json_bytes, spoilt_json
from benchmarks.fuzzing.target import Target
from benchmarks.single_node import world
from intents.fields import Fields
from intents.signing import SigningKey
from intents.strict_json import parse_json
from node.agreement.messages import Ballot, Certificate, light_id, vote_digest
from node.api.forms_ledger import ProofForm
from node.catchup.light import Trusted
from node.catchup.messages import Checkpoint
from node.catchup.wire import encode_checkpoint
from node.chain.blocks import Header, encode_header
from node.chain.tables import validators_of
from node.client.market import market_of
from node.client.node_client import NodeClient
from node.embedded.recovery import verified
from node.light.chain import LightChain
from node.light.proofs import proven
from node.light.sources import checkpoints_in
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.proofs import absence_to_json, proof_to_json

_FIRST = world.first()
_URL = "http://127.0.0.1:9"
THERE = (Account(AccountKind.OWNER, b"\0" + world.OWNERS[0].public), world.A)
ABSENT = (Account(AccountKind.OWNER, b"\0" + bytes(32)), world.A)


def light_targets() -> tuple[Target, ...]:
    return (
        Target("light: a proof", _proofs, _proven),
        Target("light: headers", documents(_page()), _followed, share=0.5),
        Target("node's network", _networks, _read_network),
        Target("node's network, asked", _networks, _asked, share=0.2, most=50_000),
        Target("node's refusal", _refusals, _read_refusal),
        Target("node's refusal, asked", _refusals, _refused, share=0.2, most=50_000),
    )


@cache
def checkpoint_of_three() -> Checkpoint:
    """Of a block after the first state, decided by its only validator."""
    state, network, body = _FIRST, corpus.network(), corpus.HASH
    voters = validators_of(state)
    header = encode_header(Header(network, 3, 0, corpus.HASH, 0, voters.digest(), voters.digest(), state.root))
    block, key = light_id(header, body), SigningKey.from_seed(world.VALIDATOR)
    vote = key.sign(vote_digest(network, Ballot.PRECOMMIT, 3, 0, block))
    certificate = Certificate(Ballot.PRECOMMIT, 3, 0, block, ((0, vote),))
    return Checkpoint(header, body, certificate, voters.members, voters.members)


@cache
def sound() -> tuple[dict[str, Any], ...]:
    """A proof that an entry is there, and one that it is not, as a node's interface answers."""
    state, at = _FIRST, checkpoint_of_three()
    certified = {
        "height": 3,
        "round": 0,
        "block": "0x" + at.certificate.block.hex(),
        "header": "0x" + at.header.hex(),
        "body_hash": "0x" + at.body_hash.hex(),
        "votes": [[place, "0x" + signature.hex()] for place, signature in at.certificate.votes],
        "validators": [["0x" + member.key.hex(), member.power] for member in at.validators],
    }
    made = (proof_to_json(state, BALANCES, THERE, ""), absence_to_json(state, BALANCES, ABSENT, ""))
    return tuple({**document, "certified": certified} for document in made)


def _proofs(rng: Random) -> bytes:
    """The first byte says which of the two was asked for."""
    which = rng.randrange(2)
    return bytes([which]) + _MADE[which](rng)


_MADE: tuple[Callable[[Random], bytes], ...] = tuple(documents(document) for document in sound())


def chain() -> LightChain:
    return LightChain(corpus.network(), verified, Trusted(-1, validators_of(_FIRST)), None, 100)


def _proven(data: bytes) -> None:
    """What is believed is true: a change of the answer that leaves it proven leaves the entry as it is. What is
    told on of it has its form."""
    absent = bool(data[:1] != b"\0")
    found = proven(Fields(parse_json(data[1:], "x"), "x"), BALANCES, (THERE, ABSENT)[absent], chain())
    assert found.value == (None if absent else 10**6 * world.WHOLE)
    assert found.root == _FIRST.root
    msgspec.convert(found.document, ProofForm)


def _page() -> dict[str, Any]:
    return {"checkpoints": ["0x" + encode_checkpoint(checkpoint_of_three()).hex()] * 2, "more": False}


def _followed(data: bytes) -> None:
    believed = chain()
    for checkpoint in checkpoints_in(Fields(parse_json(data, "x"), "x"), "x")[0]:
        believed.take(checkpoint, "x")


def _networks(rng: Random) -> bytes:
    """What a node says of itself and of its assets, one line each."""
    status: Any = {"network": "0x" + corpus.network().hex(), "auction": 7, "height": 20}
    assets: Any = {"assets": [{"id": "AAA", "decimals": 18, "name": "A"}, {"id": "BBB", "decimals": 6}]}
    assets["numeraire"] = "AAA"
    for _ in range(rng.randint(1, 2)):
        status, assets = spoilt_json(status, rng), spoilt_json(assets, rng)
    return json_bytes(status) + b"\n" + json_bytes(assets)


class _Answers:
    """Answers by path, as a client reads them."""

    def __init__(self, data: bytes) -> None:
        status, _, assets = data.partition(b"\n")
        self._bodies = {"/v1/status": status, "/v1/assets": assets}

    def get(self, path: str) -> Fields:
        return _node()._object(path, self._bodies[path])


def _read_network(data: bytes) -> None:
    market_of(cast(NodeClient, _Answers(data)))


def _asked(data: bytes) -> None:
    """The same through the client's own requests."""
    status, _, assets = data.partition(b"\n")
    _SAID["/v1/status"], _SAID["/v1/assets"] = (
        httpx.Response(200, content=status),
        httpx.Response(200, content=assets),
    )
    market_of(_node())


def _refusals(rng: Random) -> bytes:
    """A status, whether it says that it is a problem, and a body."""
    problem: Any = {"type": "about:blank", "title": "No", "status": 404, "detail": "not so", "code": "api.no"}
    body = json_bytes(spoilt_json(problem, rng)).decode()
    return json_bytes([rng.choice((400, 401, 404, 405, 429, 500, 503, 599)), rng.random() < 0.8, body])


def _refused(data: bytes) -> None:
    """The same through the client's own request."""
    _SAID["/v1/x"], _ = _response(data)
    _node().get("/v1/x")


def _read_refusal(data: bytes) -> None:
    response, body = _response(data)
    raise _node()._refusal("/v1/x", response, body)


def _response(data: bytes) -> tuple[httpx.Response, bytes]:
    status, problem, body = json.loads(data)
    kind = {"content-type": "application/problem+json"} if problem else {}
    return httpx.Response(status, headers=kind, content=body.encode()), body.encode()


#: What the node answers, by path.
_SAID: dict[str, httpx.Response] = {}


@cache
def _node() -> NodeClient:
    return NodeClient(_URL, transport=httpx.MockTransport(lambda request: _SAID[request.url.path]))
