"""The application that validators agree about: it proposes, checks and applies the blocks of the chain.

A block must take in every item that more than a third of the validators vouched for (the inclusion rule), so
that no proposer can leave out what everybody holds; see ``inclusion``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from intents.auction import Auction
from intents.codec import intent_id
from intents.errors import WalrasError
from node.agreement.messages import Proposal, Seen, Vote, block_id
from node.agreement.validators import ValidatorSet
from node.chain.answers import Answers, awaited, opens, unsettled
from node.chain.blocks import (
    MAX_EVIDENCE,
    MAX_ITEM_BYTES,
    Block,
    Evidence,
    Header,
    Phase,
    decode_block,
    encode_block,
    phase_of,
)
from node.chain.evidence import proves, punishable
from node.chain.inclusion import FULL_BYTES, must_include, ordered, until_full
from node.chain.items import Commit, Item, Reveal, Submission, item_id, phase_for
from node.chain.memo import Memo, Outcome, Verdict
from node.chain.reading import read_item
from node.chain.tables import chain_of, validators_of
from node.chain.transition import Effects, transition
from node.chain.voters import conclude
from settlement.ledger.congestion import room_of
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
    """What a decided block did: the changes in bytes, for storage and journal, and the rest for readers.

    ``values`` are the entries it wrote, by table's number and key: what ``delta`` says, and perhaps some that were
    written as they were before. ``before`` and ``after`` are the states around it, and the same one where a memo
    does not share states.
    """

    block: Block
    delta: dict[bytes, bytes | None]
    effects: Effects
    before: State
    after: State
    values: Mapping[int, Mapping[Any, Any]] = field(default_factory=dict)


class ChainApp:
    """State after ``height``; implements ``node.agreement.core.Application`` for the next.

    Nodes of one process that verify alike may share a ``memo``.
    """

    def __init__(
        self,
        state: State,
        verify: Verify,
        *,
        height: int = -1,
        previous: bytes = GENESIS_ID,
        memo: Memo | None = None,
    ) -> None:
        self.state = state
        self.validators = validators_of(state)
        self.verify = verify
        self.height = height
        self.previous = previous
        self.network = rules_of(state).network
        self.waiting: dict[Phase, dict[bytes, bytes]] = {phase: {} for phase in Phase}
        self.evidence: list[Evidence] = []
        #: Items that others vouched for and that are not here.
        self.missing: set[bytes] = set()
        #: Of which statements they are, and how many they were when last looked at.
        self._lacking: tuple[tuple[Seen, ...], int] | None = None
        #: Of how many statements they are while the window runs.
        self._asked = 0
        self._answers = Answers()
        self._awaited: frozenset[bytes] | None = None
        #: The auction under way, from the BATCH block that fixed it until it is settled, if that was applied here.
        self.batch: Auction | None = None
        self._memo = memo or Memo(0)
        self._ready: dict[bytes, tuple[Block, Outcome]] = {}
        #: The height, the items that were executed last, whether their block was full, and what came of it.
        self._executed: tuple[int, tuple[bytes, ...], bool, Draft, Effects] | None = None

    def at(self, state: State, height: int, previous: bytes) -> ChainApp:
        """The same node's application elsewhere: with another state, and of its items those not yet over there."""
        other = ChainApp(state, self.verify, height=height, previous=previous, memo=self._memo)
        for waiting in self.waiting.values():
            for data in waiting.values():
                other.add(data)
        return other

    @property
    def auction(self) -> int:
        return chain_of(self.state).auction

    def add(self, data: bytes) -> bool:
        """Take in an item; whether it is new. Raises a ``WalrasError`` naming what is wrong with it."""
        item = read_item(data, self.network)
        phase, number = phase_for(item), item_id(data)
        waiting = self.waiting[phase]
        if number in waiting or len(waiting) >= MAX_WAITING or self._over(item):
            return False
        if phase is not Phase.BATCH and isinstance(item, Commit | Reveal):
            if not self.welcome(item, number):
                return False
            self._answers.take(item)
        waiting[number] = data
        self.missing.discard(number)
        return True

    def welcome(self, item: Item, number: bytes) -> bool:
        """Whether to have the item, whose id is ``number``: of answers few, but what is here or many vouch for."""
        if not isinstance(item, Commit | Reveal) or number in self.missing or self.item(number) is not None:
            return True
        return self._answers.welcome(item, self.state, phase_of(self.height + 1))

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
        for waiting in self.waiting.values():
            if number in waiting:
                return waiting[number]
        return None

    # The application, as agreement sees it

    def held(self, height: int) -> Sequence[bytes]:
        waiting = self.waiting[phase_of(height)]
        # Who says what is held puts it in an order of its own: block order is for what must be left out.
        few = len(waiting) <= MAX_BLOCK_ITEMS
        return list(waiting) if few else ordered(waiting, self.previous)[:MAX_BLOCK_ITEMS]

    def complete(self, height: int) -> bool:
        """Whether all have answered the auction; of one that nobody need answer, whether anybody waits for the
        next. In BATCH, whether as many wait as a batch takes: who comes later waits for the next in any case."""
        phase = phase_of(height)
        if phase is Phase.BATCH:
            return len(self.waiting[phase]) >= min(room_of(self.state, rules_of(self.state)), MAX_BLOCK_ITEMS)
        if self.batch is None:
            return False
        if self._awaited is None:
            self._awaited = self._awaited_after(self.state, phase)
            if phase is Phase.SEAL:
                self._awaited = self._answers.patient(self._awaited, self.auction)
        if not self.batch.orders and phase is Phase.SEAL:
            return bool(self.waiting[Phase.BATCH])
        # Without any solver there is no haste; without any seal there is nothing to wait for.
        return bool(self._awaited or phase is Phase.SETTLE) and self._answers.all_of(
            self._awaited, phase, self.auction
        )

    def _awaited_after(self, state: State, phase: Phase) -> frozenset[bytes]:
        return self._memo.awaited.of((state.root, phase), lambda: awaited(state, phase))

    def lacks(self, height: int, seen: Sequence[Seen]) -> bool:
        """Whether what more than a third vouch for in ``seen`` is not all here; statements only become more."""
        if len(seen) != self._asked:
            self._asked, waiting = len(seen), self.waiting[phase_of(height)]
            vouched = must_include(seen, self.validators, self.previous, MAX_BLOCK_ITEMS)
            self.missing = {number for number in vouched if number not in waiting}
        return bool(self.missing)

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        if self.missing and self._lacking == (tuple(seen), len(self.missing)):
            return None
        validators = self.validators
        phase = phase_of(height)
        waiting = self.waiting[phase]
        vouched = must_include(seen, validators, self.previous, MAX_BLOCK_ITEMS)
        sizes = {number: len(data) for number, data in waiting.items()}
        must = until_full(vouched, sizes)
        self.missing = {number for number in must if number not in waiting}
        if self.missing:
            self._lacking = tuple(seen), len(self.missing)
            return None
        besides = self._besides(must, waiting)
        chosen = ordered([*must, *besides], self.previous) if besides else must
        items = tuple(waiting[number] for number in chosen)
        evidence = self._provable(height) if phase is Phase.SETTLE else ()
        outcome = self.outcome(height, round, items, evidence, len(must) < len(vouched))
        header = Header(
            self.network,
            height,
            round,
            self.previous,
            validators.proposer(height, round),
            validators.digest(),
            outcome.next_validators,
            outcome.change.root,
        )
        block = Block(header, tuple(seen), items, evidence)
        data = encode_block(block)
        number = block_id(data)
        self._ready[number] = (self._memo.blocks.of(number, lambda: block), outcome)
        return data

    def _besides(self, must: Sequence[bytes], waiting: Mapping[bytes, bytes]) -> list[bytes]:
        """What else waits and has room in the block, in its order."""
        taken, found = set(must), list[bytes]()
        room, places = FULL_BYTES - sum(len(waiting[number]) for number in must), MAX_BLOCK_ITEMS - len(must)
        for number in ordered(waiting.keys() - taken, self.previous) if places and room > 0 else ():
            if len(waiting[number]) <= room and len(found) < places:
                found.append(number)
                room -= len(waiting[number])
        return found

    def valid(self, height: int, block: bytes) -> bool:
        number = block_id(block)
        if number in self._ready:
            return True
        question = (self.state.root, self.previous, height, number)
        found = self._memo.verdicts.of(question, lambda: self._judge(height, number, block))
        if found.block is None or found.outcome is None:
            return False
        self._ready[number] = (found.block, found.outcome)
        return True

    def fresh(self, block: bytes, round: int) -> bool:
        ready = self._ready.get(block_id(block))
        return ready is not None and ready[0].header.round == round

    def _judge(self, height: int, number: bytes, data: bytes) -> Verdict:
        """Whether a block may follow the state: a pure function of both."""
        try:
            block = self._memo.blocks.of(number, lambda: decode_block(data))
            return Verdict(block, self._check(height, block))
        except WalrasError:
            return Verdict(None, None)

    def _check(self, height: int, block: Block) -> Outcome | None:
        validators, phase, header = self.validators, phase_of(height), block.header
        if (header.network, header.height, header.previous) != (self.network, height, self.previous):
            return None
        if header.proposer != validators.proposer(height, header.round):
            return None
        if header.validators != validators.digest() or not self._heard(block, validators):
            return None
        ids = [item_id(data) for data in block.items]
        sizes = dict(zip(ids, map(len, block.items), strict=True))
        vouched = must_include(block.seen, validators, self.previous, MAX_BLOCK_ITEMS)
        must = until_full(vouched, sizes)
        if len(ids) > MAX_BLOCK_ITEMS or sum(sizes.values()) > FULL_BYTES + MAX_ITEM_BYTES:
            return None
        # What must be in is in block order already, each item once.
        if ids != must and (not set(must) <= set(ids) or ids != ordered(set(ids), self.previous)):
            return None
        if any(phase_for(read_item(data, self.network)) is not phase for data in block.items):
            return None
        if not self._convicts(block, phase):
            return None
        full = len(must) < len(vouched)
        outcome = self.outcome(height, header.round, block.items, block.evidence, full)
        if (outcome.change.root, outcome.next_validators) != (header.state_root, header.next_validators):
            return None
        return outcome

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

    def accuse(self, key: bytes, first: Vote | Proposal, second: Vote | Proposal) -> None:
        """Two contradicting messages that validator ``key`` signed: the next SETTLE block proposed here tells."""
        found = Evidence(key, first, second)
        known = any(other.key == key for other in self.evidence)
        if len(self.evidence) < MAX_EVIDENCE and not known and punishable(found, self.state, self.height + 1):
            self.evidence.append(found)

    def _provable(self, height: int) -> tuple[Evidence, ...]:
        """What a block of ``height`` can punish, by key."""
        found = [item for item in self.evidence if punishable(item, self.state, height)]
        return tuple(sorted(found, key=lambda item: item.key))

    def _convicts(self, block: Block, phase: Phase) -> bool:
        """Whether all evidence in it is true and can still be punished; one for each key, in SETTLE alone."""
        keys = [found.key for found in block.evidence]
        if keys != sorted(set(keys)) or (keys and phase is not Phase.SETTLE):
            return False
        return all(
            punishable(found, self.state, block.height) and proves(found, self.network, self.verify)
            for found in block.evidence
        )

    def outcome(
        self,
        height: int,
        round: int,
        items: tuple[bytes, ...],
        evidence: tuple[Evidence, ...],
        full: bool = False,
    ) -> Outcome:
        """What the next block would do to the state with these items and this evidence; ``full`` where more was
        vouched for than has room in it."""

        def work() -> Outcome:
            executed, effects = self._execute(height, items, full)
            draft = executed.copy()
            ruling = conclude(draft, height, round, evidence)
            effects = replace(effects, entries=[*effects.entries, *ruling.entries], ruling=ruling)
            return Outcome(draft.change(), effects, validators_of(draft).digest())

        return self._memo.outcomes.of((self.state.root, self.previous, height, round, items, evidence, full), work)

    def _execute(self, height: int, items: tuple[bytes, ...], full: bool) -> tuple[Draft, Effects]:
        """What the items do, before it is noted whose turns were missed: that alone depends on the round, so a
        block of a later round with the same items is not executed again."""
        if self._executed is None or self._executed[:3] != (height, items, full):
            draft = self.state.draft()
            read = [read_item(data, self.network) for data in items]
            effects = transition(draft, phase_of(height), read, self.previous, self.batch, full)
            self._executed = height, items, full, draft, effects
        return self._executed[3:]

    # Deciding

    def apply(self, height: int, data: bytes) -> Applied:
        """Make a decided block so. It was valid for a quorum; not being valid here is this node's own fault."""
        number = block_id(data)
        if not self.valid(height, data):
            raise RuntimeError(f"a decided block is not valid here: height {height}, {number.hex()}")
        block, outcome = self._ready[number]
        before = self.state
        self.state = self._memo.after(self.state, outcome.change)
        self.validators = validators_of(self.state)
        self._ready.clear()
        self._executed = None
        self.missing.clear()
        self._asked = 0
        self._awaited = None
        self.height, self.previous = height, number
        phase = phase_of(height)
        if phase is not Phase.SEAL:
            self.batch = outcome.effects.auction
        taken = {item_id(item) for item in block.items}
        self.waiting[phase] = {key: item for key, item in self.waiting[phase].items() if key not in taken}
        if phase is Phase.SEAL:
            self.waiting[Phase.SETTLE] = self._openings()
            if self.batch is not None and self.batch.orders:
                sealed = [read_item(item, self.network) for item in block.items]
                self._answers.sealed(sealed, self._awaited_after(before, phase))
        elif phase is Phase.SETTLE:
            # Seals and reveals of an auction that is over are of no use to anybody.
            for over in (Phase.SEAL, Phase.SETTLE):
                self.waiting[over] = unsettled(self.waiting[over], self.network, self.auction)
            self._answers.settled(self.auction)
            self.evidence = [item for item in self.evidence if punishable(item, self.state, height + 1)]
        return Applied(block, outcome.change.delta, outcome.effects, before, self.state, outcome.change.values)

    def _openings(self) -> dict[bytes, bytes]:
        """What opens a seal, now that it can be told; the rest makes room for what does."""
        found: dict[bytes, bytes] = {}
        for key, data in self.waiting[Phase.SETTLE].items():
            item = read_item(data, self.network)
            assert isinstance(item, Reveal)
            if opens(item, self.state):
                found[key] = data
            else:
                self._answers.drop(item)
        return found
