"""What a campaign's worlds trade: one pool, a few owners with their intents, and solvers good and bad."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from intents.codec import intent_id
from intents.intent import NEVER, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_held, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement.validators import Validator
from node.chain.genesis import Genesis, build, network_of
from node.chain.items import Commit, Submission, encode_item
from node.solving import SolverKey, sealed
from settlement.ledger.rules import Rules
from settlement.ledger.state import State
from settlement.solution import Fill, Solution
from solver.protocol import Deadline
from solver.registry import built_in

WHOLE: Final = 10**18
A: Final = AssetId("AAA")
B: Final = AssetId("BBB")
OWNERS: Final = 4
BOND: Final = 1_000 * WHOLE
#: The solvers that keep to the protocol, each on a node of its own, and those that do not.
HONEST: Final = ("naive", "baseline")
DISHONEST: Final = ("withholding", "equivocating", "lying")
#: What solving is taken to need: units of work, and virtual microseconds.
WORK: Final = 20_000
SOLVING_US: Final = 20_000


@lru_cache(maxsize=16)
def genesis_of(nodes: int) -> Genesis:
    pool = ConstantProductState(
        VenueId("pool"), (A, B), 0, "", (200_000 * WHOLE, 100_000 * WHOLE), Fraction(3, 1000)
    )
    return Genesis(
        name="campaign",
        rules=Rules(bytes(32), A, min_bond=BOND // 4),
        assets=(AssetInfo(A, 18, "A", WHOLE), AssetInfo(B, 18, "B", 2 * WHOLE)),
        validators=tuple(Validator(bytes([i + 1]) * 32) for i in range(nodes)),
        balances={b"\0" + key.public: (Leg(A, 1000 * WHOLE), Leg(B, 1000 * WHOLE)) for key in owners()},
        venues=((pool, ()),),
        bonds={b"\0" + key.public: (name, BOND) for name, key in solvers().items()},
        rewards=WHOLE,
    )


@lru_cache(maxsize=16)
def first_state(nodes: int) -> State:
    return build(genesis_of(nodes))


@lru_cache(maxsize=1)
def owners() -> tuple[SigningKey, ...]:
    return tuple(SigningKey.from_seed(bytes([i + 1]) * 32) for i in range(OWNERS))


@lru_cache(maxsize=1)
def solvers() -> dict[str, SolverKey]:
    """Their keys by name."""
    found = {}
    for place, name in enumerate((*HONEST, *DISHONEST)):
        key = SigningKey.from_seed(bytes([100 + place]) * 32)
        found[name] = SolverKey(key.public, key.public, partial(sign_held, key))
    return found


@lru_cache(maxsize=256)
def intent_of(nodes: int, number: int) -> tuple[bytes, IntentId]:
    """The item and id of a world's intent by number: both directions by turns, a little below the pool's price."""
    key = owners()[number % OWNERS]
    give, want, rate = (A, B, 0.48) if number % 2 else (B, A, 1.9)
    amount = (1 + number) * WHOLE
    intent = Intent(
        network_of(genesis_of(nodes)),
        Owner(OwnerScheme.ED25519, key.public),
        number,
        0,
        NEVER,
        (Leg(give, amount),),
        (Leg(want, int(amount * rate)),),
        Kind.EXACT_IN,
    )
    return encode_item(Submission(intent, sign_intent(key, intent))), intent_id(intent)


def solving(name: str) -> Callable[[Auction], tuple[Sequence[Solution], int]]:
    """A built-in solver as nodes ask it."""
    solver = built_in(name)

    def answer(auction: Auction) -> tuple[Sequence[Solution], int]:
        deadline = Deadline.work(WORK, seed=auction.number)
        return tuple({found.id: found for found in solver.solve(auction, deadline)}.values()), SOLVING_US

    return answer


@lru_cache(maxsize=1024)
def misdeeds(name: str, network: bytes, auction: int) -> tuple[bytes, ...]:
    """What a dishonest solver hands in for an auction: a seal it never opens, two seals, or what no law allows."""
    key = solvers()[name]
    if name == "lying":
        impossible = Solution(name, 1, {A: 1, B: 1}, (Fill(IntentId(bytes(32)), 1),))
        return sealed(network, key, auction, [impossible]) or ()
    seals = [hashlib.sha256(bytes([i]) + auction.to_bytes(8, "big")).digest() for i in range(2)]
    commits = [Commit(auction, key.public, seal) for seal in seals[: 2 if name == "equivocating" else 1]]
    return tuple(encode_item(replace(item, signature=key.sign(item.signed(network)))) for item in commits)
