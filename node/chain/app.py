"""The application that validators agree about: it proposes, checks and applies the blocks of the chain.

A block must take in every item that more than a third of the validators vouched for (the inclusion rule), so
that no proposer can leave out what everybody holds; see ``inclusion``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from intents.codec import intent_id
from intents.errors import WalrasError
from node.agreement.messages import Seen, Vote, block_id
from node.agreement.validators import ValidatorSet
from node.chain.blocks import MAX_EVIDENCE, Block, Evidence, Phase, decode_block, encode_block, phase_of
from node.chain.inclusion import must_include, ordered
from node.chain.items import Item, Submission, check_item, decode_item, item_id, phase_for
from node.chain.tables import chain_of, validators_of
from node.chain.transition import Effects, transition
from settlement.ledger.execute import NONCES
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import rules_of
from settlement.ledger.state import Draft, State
from settlement.ledger.transactions import Transaction

#: Items waiting per phase, and items of one block.
MAX_WAITING: Final = 100_000
MAX_BLOCK_ITEMS: Final = 4096
#: The id before the first block.
GENESIS_ID: Final = bytes(32)

Verify = Callable[[bytes, bytes, bytes], bool]


@dataclass
class Applied:
    """What a decided block did: the changes in bytes, for storage and journal, and the rest for readers."""

    block: Block
    delta: dict[bytes, bytes | None]
    effects: Effects


@lru_cache(maxsize=65_536)
def read_item(data: bytes, network: bytes) -> Item:
    """The item, its signature checked. A pure function of bytes, so nothing is checked twice."""
    item = decode_item(data)
    check_item(item, network)
    return item


class ChainApp:
    """State after ``height``; implements ``node.agreement.core.Application`` for the next."""

    def __init__(self, state: State, verify: Verify, *, height: int = -1, previous: bytes = GENESIS_ID) -> None:
        self.state = state
        self.verify = verify
        self.height = height
        self.previous = previous
        self.network = rules_of(state).network
        self.waiting: dict[Phase, dict[bytes, bytes]] = {phase: {} for phase in Phase}
        self.evidence: list[Evidence] = []
        #: Items that others vouched for and that are not here.
        self.missing: set[bytes] = set()
        self._ready: dict[bytes, tuple[Draft, Effects, Block]] = {}

    @property
    def validators(self) -> ValidatorSet:
        return validators_of(self.state)

    @property
    def auction(self) -> int:
        return chain_of(self.state).auction

    def add(self, data: bytes) -> bool:
        """Take in an item; whether it is new. Raises a ``WalrasError`` naming what is wrong with it."""
        item = read_item(data, self.network)
        waiting, number = self.waiting[phase_for(item)], item_id(data)
        if number in waiting or len(waiting) >= MAX_WAITING or self._over(item):
            return False
        waiting[number] = data
        self.missing.discard(number)
        return True

    def _over(self, item: Item) -> bool:
        """Whether the item has had its block already."""
        match item:
            case Submission():
                return self.state.get(ORDERS, intent_id(item.intent)) is not None
            case Transaction():
                return item.nonce < (self.state.get(NONCES, item.holder) or 0)
            case _:
                return item.auction < self.auction

    def item(self, number: bytes) -> bytes | None:
        """An item that is waiting, for whoever misses it."""
        return next((found[number] for found in self.waiting.values() if number in found), None)

    # The application, as agreement sees it

    def held(self, height: int) -> Sequence[bytes]:
        return ordered(self.waiting[phase_of(height)], self.previous)[:MAX_BLOCK_ITEMS]

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        validators = self.validators
        phase = phase_of(height)
        waiting = self.waiting[phase]
        must = must_include(seen, validators, self.previous, MAX_BLOCK_ITEMS)
        self.missing = {number for number in must if number not in waiting}
        if self.missing:
            return None
        others = [number for number in ordered(waiting, self.previous) if number not in must]
        chosen = ordered([*must, *others[: MAX_BLOCK_ITEMS - len(must)]], self.previous)
        items = tuple(waiting[number] for number in chosen)
        evidence = tuple(self.evidence) if phase is Phase.SETTLE else ()
        draft, effects = self._execute(phase, items, evidence)
        block = Block(
            self.network,
            height,
            self.previous,
            validators.proposer(height, round),
            tuple(seen),
            items,
            evidence,
            validators.digest(),
            validators_of(draft).digest(),
            draft.root(),
        )
        data = encode_block(block)
        self._ready[block_id(data)] = (draft, effects, block)
        return data

    def valid(self, height: int, block: bytes) -> bool:
        number = block_id(block)
        if number in self._ready:
            return True
        try:
            return self._check(height, decode_block(block), number)
        except WalrasError:
            return False

    def _check(self, height: int, block: Block, number: bytes) -> bool:
        validators, phase = self.validators, phase_of(height)
        if (block.network, block.height, block.previous) != (self.network, height, self.previous):
            return False
        if block.validators != validators.digest() or not self._heard(block, validators):
            return False
        ids = [item_id(data) for data in block.items]
        must = must_include(block.seen, validators, self.previous, MAX_BLOCK_ITEMS)
        if len(ids) > MAX_BLOCK_ITEMS or not set(must) <= set(ids) or ids != ordered(set(ids), self.previous):
            return False
        if any(phase_for(read_item(data, self.network)) is not phase for data in block.items):
            return False
        if not all(self._proves(found, validators) for found in block.evidence):
            return False
        if block.evidence and phase is not Phase.SETTLE:
            return False
        draft, effects = self._execute(phase, block.items, block.evidence)
        if draft.root() != block.state_root or validators_of(draft).digest() != block.next_validators:
            return False
        self._ready[number] = (draft, effects, block)
        return True

    def _heard(self, block: Block, validators: ValidatorSet) -> bool:
        """Whether a quorum of distinct validators said, signed, what they hold."""
        power, last = 0, -1
        for seen in block.seen:
            if not last < seen.sender < len(validators) or seen.height != block.height:
                return False
            member = validators.members[seen.sender]
            if not self.verify(member.key, seen.signed(self.network), seen.signature):
                return False
            power, last = power + member.power, seen.sender
        return power >= validators.quorum

    def accuse(self, sender: int, first: Vote, second: Vote) -> None:
        """Two contradicting votes, their signatures checked, of a validator of this height."""
        key = self.validators.members[sender].key
        if len(self.evidence) < MAX_EVIDENCE and all(found.key != key for found in self.evidence):
            self.evidence.append(Evidence(key, first, second))

    def _proves(self, found: Evidence, validators: ValidatorSet) -> bool:
        """Whether a present validator signed two votes for one ballot of this network."""
        first, second = found.first, found.second
        places = [(vote.ballot, vote.height, vote.round) for vote in (first, second)]
        if validators.position(found.key) is None or places[0] != places[1] or first.block == second.block:
            return False
        return all(self.verify(found.key, vote.signed(self.network), vote.signature) for vote in (first, second))

    def _execute(
        self, phase: Phase, items: Sequence[bytes], evidence: Sequence[Evidence]
    ) -> tuple[Draft, Effects]:
        draft = self.state.draft()
        read = [read_item(data, self.network) for data in items]
        return draft, transition(draft, phase, read, self.previous, evidence)

    # Deciding

    def apply(self, height: int, data: bytes) -> Applied:
        """Make a decided block so. It was valid for a quorum; not being valid here is this node's own fault."""
        number = block_id(data)
        if not self.valid(height, data):
            raise RuntimeError(f"a decided block is not valid here: height {height}, {number.hex()}")
        draft, effects, block = self._ready[number]
        delta = draft.commit()
        self._ready.clear()
        self.missing.clear()
        self.height, self.previous = height, number
        phase = phase_of(height)
        taken = {item_id(item) for item in block.items}
        self.waiting[phase] = {key: item for key, item in self.waiting[phase].items() if key not in taken}
        if phase is Phase.SETTLE:
            # Seals and reveals of an auction that is over are of no use to anybody.
            self.waiting[Phase.SEAL].clear()
            self.waiting[Phase.SETTLE].clear()
            # Whoever has no vote any more needs no proof.
            self.evidence = [item for item in self.evidence if self.validators.position(item.key) is not None]
        return Applied(block, delta, effects)
