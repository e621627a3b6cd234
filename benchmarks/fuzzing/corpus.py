"""Sound inputs to spoil: signed items, messages, frames and files of one small network."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from random import Random
from typing import Any, Final

from benchmarks.single_node import world
from intents.assets import AssetId
from intents.auction import AuctionOrder, CostModel
from intents.auction_codec import auction_from_json, auction_to_json
from intents.canonical import pack as canonical_bytes
from intents.codec import intent_id
from intents.conditions import Above, AllOf, Below, Schedule
from intents.fees import PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import (
    NEVER,
    CurvePoint,
    DutchCurve,
    FillMode,
    FillRule,
    Intent,
    IntentId,
    Kind,
    Leg,
    Owner,
    OwnerScheme,
)
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement import messages as said
from node.agreement.validators import Validator
from node.agreement.wire import encode_message
from node.catchup import messages as past
from node.catchup.snapshot import chunks_of
from node.catchup.wire import encode_peer
from node.chain.blocks import Block, Header, encode_block, encode_header
from node.chain.genesis import network_of
from node.chain.items import Commit, Reveal, Submission, decode_item, encode_item, seal_of
from p2p.libp2p import rpc
from p2p.messages import Rpc
from p2p.packing import pack
from settlement.ledger import transactions as actions
from settlement.ledger.auction import auction_of
from settlement.ledger.rules import rules_of
from settlement.mechanism import mechanism
from settlement.receipt import receipt_of
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from settlement.solution import Fill, Interaction, Solution
from settlement.solution_codec import encode_solution

A, B = world.A, world.B
OWNER, SOLVER = world.OWNERS[0], SigningKey.from_seed(world.SOLVER)
KEYS: Final = [SigningKey.from_seed(bytes([n]) * 32) for n in range(4)]
HASH: Final = bytes(range(32))
HALF: Final = Fraction(1, 2)


@cache
def network() -> bytes:
    return network_of(world.genesis())


@cache
def items() -> tuple[bytes, ...]:
    """Intents of every shape, transactions of every kind there is, a commit and its reveal."""
    plain = (FillRule(FillMode.FILL_OR_KILL), FillRule(FillMode.PARTIAL, 5))
    found = [intent(number, fill=fill) for number, fill in enumerate(plain)]
    curve = DutchCurve((CurvePoint(1, 20), CurvePoint(9, 10)))
    found.append(intent(3, curve=curve))
    found.append(intent(4, when=AllOf((Above(A, 5), Below(B, 7))), group=b"group"))
    found.append(intent(5, schedule=Schedule(4, 2)))
    found.append(intent(6, kind=Kind.BASKET, give=(Leg(A, 1000), Leg(B, 5)), want=(Leg(AssetId("CCC"), 9),)))
    found += [_transaction(number, action) for number, action in enumerate(_actions())]
    salt, solutions = b"s" * 32, reveals()[0]
    seal = seal_of(network(), 7, SOLVER.public, salt, solutions)
    for bare in (Commit(7, SOLVER.public, seal), Reveal(7, SOLVER.public, salt, solutions)):
        found.append(encode_item(replace(bare, signature=SOLVER.sign(bare.signed(network())))))
    return tuple(found)


def intent(nonce: int, **more: Any) -> bytes:
    """A signed intent of the first owner, as an item."""
    shape: dict[str, Any] = {"give": (Leg(A, 1000),), "want": (Leg(B, 10),), "kind": Kind.EXACT_IN, **more}
    owner = Owner(OwnerScheme.ED25519, OWNER.public)
    terms = Intent(network=network(), owner=owner, nonce=nonce, valid_from=0, valid_to=NEVER, **shape)
    return encode_item(Submission(terms, sign_intent(OWNER, terms)))


def _transaction(nonce: int, action: Any) -> bytes:
    bare = actions.Transaction(OWNER.public, nonce, action)
    signature = OWNER.sign(bare.signed(network()))
    return encode_item(actions.Transaction(OWNER.public, nonce, action, signature))


def _actions() -> list[Any]:
    pool = ConstantProductState(VenueId("new"), (A, B), 0, "", (1000, 2000), Fraction(3, 1000))
    venue = VenueId("pool")
    return [
        actions.Deposit(b"\0" + OWNER.public, A, 5, b"ref"),
        actions.Transfer(b"\0" + KEYS[0].public, A, 5),
        actions.PostBond("solver", 100),
        actions.LeaveBond(),
        actions.OpenVenue(pool, (Leg(A, 5),)),
        actions.AddLiquidity(venue, 10, (Leg(A, 5), Leg(B, 5))),
        actions.Cancel((intent_id(_decoded_intent()),)),
        actions.ReportPrices((Leg(A, 5),)),
        actions.PostStake(3),
        actions.AddPosition(venue, -60, 60, 1000, (Leg(A, 5),)),
    ]


def _decoded_intent() -> Intent:
    owner = Owner(OwnerScheme.ED25519, OWNER.public)
    return Intent(network(), owner, 1, 0, NEVER, (Leg(A, 10),), (Leg(B, 1),), Kind.EXACT_IN)


@cache
def blocks() -> tuple[bytes, ...]:
    header = Header(network(), 3, 0, HASH, 0, HASH, HASH, HASH)
    seen = said.Seen(3, (HASH,), 0, b"s" * 64)
    return (encode_block(Block(header, (), ())), encode_block(Block(header, (seen,), items()[:3])))


@cache
def agreement() -> tuple[bytes, ...]:
    """Every message of the agreement."""
    block = blocks()[1]
    number = said.block_id(block)
    votes = tuple((n, bytes([n]) * 64) for n in range(3))
    polka = said.Certificate(said.Ballot.PREVOTE, 3, 0, number, votes)
    decided = said.Certificate(said.Ballot.PRECOMMIT, 3, 0, number, votes)
    found: list[said.Message] = [
        said.Vote(said.Ballot.PREVOTE, 3, 0, number, 1, b"s" * 64),
        said.Vote(said.Ballot.PRECOMMIT, 3, 1, None, 2, b"s" * 64),
        said.Proposal(3, 1, number, 0, polka, 1, b"s" * 64),
        said.Seen(3, (HASH, number), 0, b"s" * 64),
        said.Body(3, block),
        said.Decision(3, block, decided),
        said.Status(3, 0, said.Step.PREVOTE, True, False, 5, 0, 7),
    ]
    return tuple(map(encode_message, found))


@cache
def peer() -> tuple[bytes, ...]:
    """Every message of catching up."""
    header = encode_header(Header(network(), 3, 0, HASH, 0, HASH, HASH, HASH))
    votes = tuple((n, bytes([n]) * 64) for n in range(3))
    certificate = said.Certificate(said.Ballot.PRECOMMIT, 3, 0, said.light_id(header, HASH), votes)
    members = tuple(Validator(key.public, 1) for key in KEYS)
    checkpoint = past.Checkpoint(header, HASH, certificate, members, members)
    found: list[past.PeerMessage] = [
        past.Manifest(checkpoint, (HASH, HASH)),
        past.WantLinks(-1),
        past.Links((checkpoint, checkpoint)),
        past.WantChunk(3, 0),
        past.Chunk(3, 0, b"data" * 20),
        past.WhereNow(HASH),
        past.Now(HASH, 3, KEYS[0].public, b"s" * 64),
    ]
    return tuple(map(encode_peer, found))


@cache
def snapshot() -> tuple[bytes, ...]:
    """The first state of the network, as a snapshot carries it."""
    return (b"".join(chunks_of(world.first())),)


@cache
def packs() -> tuple[bytes, ...]:
    return (pack(list(items()[:4])), pack([b"x"]), pack([b"y" * 200] * 3))


@cache
def rpcs() -> tuple[bytes, ...]:
    """RPCs with everything in them, without their length."""
    rng, topic = Random(1), "walras/items/1"
    mids = tuple(rng.randbytes(32) for _ in range(3))
    full = Rpc(
        subscriptions=((True, topic), (False, "other")),
        messages=tuple((topic, data) for data in packs()),
        ihave=((topic, mids),),
        iwant=mids,
        graft=(topic,),
        prune=((topic, 60),),
        idontwant=mids,
    )
    found = [rpc.encode(value) for value in (full, Rpc(graft=(topic,)), Rpc(messages=((topic, b"x"),)))]
    return tuple(frame[1 + (frame[0] > 127) + (frame[0] > 127 and frame[1] > 127) :] for frame in found)


@cache
def auction() -> dict[str, Any]:
    """A batch as JSON: two intents, one pool, every kind of fee."""
    state = world.first()
    bare = auction_of(state, rules_of(state), 1, HASH)
    orders = [_order(number) for number in range(2)]
    fees = (
        SurplusFee(HALF, HALF),
        PriceImprovementFee(HALF, HALF, Quote(1000, 12, 1)),
        VolumeFee(Fraction(1, 100)),
    )
    orders[1] = replace(orders[1], policies=fees)
    return auction_to_json(replace(bare, orders=tuple(orders), costs=CostModel(5, 6, 7)))


def _order(number: int) -> AuctionOrder:
    item = decode_item(items()[number])
    assert isinstance(item, Submission)
    return AuctionOrder(intent_id(item.intent), item.intent, item.signature, 1000)


@cache
def solutions() -> tuple[Solution, ...]:
    """With prices, fills, interactions and a certificate; and with nothing."""
    full = Solution(
        "mine",
        3,
        {A: 10, B: 20},
        (Fill(IntentId(HASH), 500, 1), Fill(IntentId(HASH[::-1]), 5, 0, (5, 6), (7,))),
        (Interaction(VenueId("pool"), A, B, 100, 49),),
        7,
        {"kind": "dual", "prices": {"AAA": "1/3"}, "list": [1, None, True]},
    )
    return (full, Solution("mine", 0, {}, ()))


@cache
def receipt() -> dict[str, Any]:
    """Of the batch, with a solution that does nothing and one that is refused."""
    found = auction_from_json(auction(), "corpus")
    rule = mechanism("greedy")
    return receipt_of(settle(found, solutions(), rule), rule, 20, DEFAULT_CAPS)


@cache
def reveals() -> tuple[bytes, ...]:
    """What a solver's seal contains."""
    return (canonical_bytes([encode_solution(solution) for solution in solutions()]), canonical_bytes([]))
