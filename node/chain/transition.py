"""What a block does to the state: three transitions, one per phase, each a pure function of state and items.

BATCH admits intents and executes transactions, then fixes the batch. SEAL records who answers with what seal.
SETTLE opens the seals, settles by the law, pays and slashes, and ends the auction. An item that cannot take
effect is refused by name and changes nothing; the block stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Final

from intents.auction import Auction
from intents.auction_codec import auction_hash
from intents.canonical import read_bytes, read_list, unpack
from intents.errors import WalrasError
from intents.intent import IntentId, Owner
from node.chain.blocks import Phase
from node.chain.items import MAX_SOLUTION_BYTES, OUT_OF_TIME, SITTING_OUT, Commit, Item, Reveal, Submission
from node.chain.tables import SEALS, Seals, chain_of, put_chain
from node.chain.voters import Ruling
from settlement.ledger import bonds, congestion
from settlement.ledger.admission import admit, closed, forget, forget_rates
from settlement.ledger.auction import OPEN_STATES, auction_of, batch
from settlement.ledger.books import Books, Entry
from settlement.ledger.execute import execute
from settlement.ledger.feeds import agree
from settlement.ledger.orders import DONE, ORDERS, OrderState, step
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.settling import apply_settlement, pay_reward
from settlement.ledger.state import Draft
from settlement.ledger.transactions import Transaction
from settlement.mechanism import mechanism
from settlement.penalties import Fault
from settlement.settle import Settlement, settle
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from settlement.solution_codec import decode_solution

#: A slashed solver may seal again so many auctions later.
IDLE_AUCTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Slashed:
    """What a solver did, and the part of its bond that it lost for it."""

    faults: tuple[Fault, ...]
    amount: int


@dataclass
class Effects:
    """What a block did, besides the draft: entries in the books, items refused with the reason, the auction that
    BATCH fixed, the settlement, which solvers were slashed, by name, and what became of validators."""

    entries: list[Entry] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    auction: Auction | None = None
    settlement: Settlement | None = None
    slashed: dict[str, Slashed] = field(default_factory=dict)
    ruling: Ruling = field(default_factory=Ruling)


def transition(
    draft: Draft,
    phase: Phase,
    items: Sequence[Item],
    seed: bytes,
    auction: Auction | None = None,
    full: bool = False,
) -> Effects:
    """Apply one block's items, in their order, to ``draft``. ``seed`` is the id of the block before. Of a ``full``
    block more was vouched for than it has room for: nobody's seal can be said to be unopened then.

    ``auction`` is what BATCH fixed, for whoever still has it: it is a function of the state, and nothing that it
    reads changes until SETTLE.
    """
    effects = Effects()
    rules = rules_of(draft)
    match phase:
        case Phase.BATCH:
            _batch(draft, rules, items, seed, effects)
        case Phase.SEAL:
            _seal(draft, rules, items, effects, auction)
        case Phase.SETTLE:
            _settle(draft, rules, items, effects, auction, full)
    return effects


def _batch(draft: Draft, rules: Rules, items: Sequence[Item], seed: bytes, effects: Effects) -> None:
    chain = chain_of(draft)
    now = chain.auction
    _expire(draft, now)
    forget_rates(draft, now)
    shared = Books(draft)
    for number, item in _in_turn(items):
        if isinstance(item, Submission):
            # Most items are these, and what is denied changes nothing: they need no draft of their own.
            denial = admit(shared, rules, item.intent, item.signature, now)
            if denial is not None:
                effects.refused[number] = f"denied.{denial}"
        elif isinstance(item, Transaction):
            trial = draft.draft()
            books = Books(trial)
            try:
                execute(books, rules, item, now)
                books.check()
            except WalrasError as error:
                effects.refused[number] = error.code
                continue
            trial.keep()
            effects.entries += books.entries
    agree(draft, rules, now)
    batched = batch(draft, rules, now, seed)
    for order_id in batched:
        order = draft.get(ORDERS, order_id)
        if order is not None and order.state is OrderState.CHECKED:
            step(draft, order_id, OrderState.BATCHED, now)
    effects.auction = auction_of(draft, rules, now, seed, batched)
    put_chain(draft, replace(chain, seed=seed, auction_hash=auction_hash(effects.auction)))


def _in_turn(items: Sequence[Item]) -> list[tuple[int, Item]]:
    """The items with their places in the block. One account's transactions take their turns by nonce:
    the block's order is by hash, and would refuse whatever comes before its predecessor."""
    turns: dict[bytes, list[int]] = {}
    for number, item in enumerate(items):
        if isinstance(item, Transaction):
            turns.setdefault(item.holder, []).append(number)
    found = list(enumerate(items))
    for numbers in turns.values():
        by_nonce = sorted(numbers, key=lambda number: (items[number].nonce, number))  # type: ignore[union-attr]
        for turn, number in zip(numbers, by_nonce, strict=True):
            found[turn] = (number, items[number])
    return found


def _seal(draft: Draft, rules: Rules, items: Sequence[Item], effects: Effects, auction: Auction | None) -> None:
    chain, books = chain_of(draft), Books(draft)
    now, words = chain.auction, dict[bytes, bool]()
    for number, item in enumerate(items):
        if not isinstance(item, Commit) or item.auction != now:
            effects.refused[number] = "seal.other-auction"
            continue
        if not bonds.may_commit(draft, books, rules, _holder(item.solver), now):
            effects.refused[number] = "seal.not-bonded"
            continue
        words[_holder(item.solver)] = words.get(_holder(item.solver), False) or item.seal != OUT_OF_TIME
        if item.seal in SITTING_OUT:
            continue
        known = draft.get(SEALS, item.solver)
        seals = (*(known.seals if known else ()), item.seal)
        draft.set(SEALS, item.solver, Seals(tuple(sorted(set(seals)))[:2]))
    orders = (auction or auction_of(draft, rules, now, chain.seed)).orders
    congestion.sealed(draft, bonds.committing(draft, books, rules, now), words, len(orders))


def _settle(
    draft: Draft, rules: Rules, items: Sequence[Item], effects: Effects, known: Auction | None, full: bool
) -> None:
    chain = chain_of(draft)
    now = chain.auction
    auction = known or auction_of(draft, rules, now, chain.seed)
    answers, faults = _open(draft, rules, items, now, effects, full)
    solutions = [solution for found in answers.values() for solution in found]
    chosen_by = mechanism(rules.mechanism, max_winners=rules.max_winners)
    settlement = settle(auction, solutions, chosen_by, rules.caps)
    passed = {verified.solution.solver for verified in settlement.verified}
    books = Books(draft)
    apply_settlement(books, rules, settlement, now)
    names = {draft_name(draft, solver): solver for solver in answers}
    for name, reward in sorted(settlement.rewards.items()):
        pay_reward(books, _holder(names[name]), rules.numeraire, reward)
    for name, solver in sorted(names.items()):
        if answers[solver] and name not in passed:
            faults.setdefault(solver, []).append(Fault.INVALID_REVEAL)
    for solver, found in sorted(faults.items()):
        amount = bonds.slash(books, rules, _holder(solver), found, now, IDLE_AUCTIONS)
        effects.slashed[draft_name(draft, solver)] = Slashed(tuple(found), amount)
    books.check()
    done = _close(draft, books, auction, now)
    for solver in draft.rows(SEALS):
        draft.set(SEALS, solver, None)
    congestion.settled(draft, done, len(auction.orders))
    congestion.turn(draft, rules)
    put_chain(draft, replace(chain, auction=now + 1, seed=b"", auction_hash=b""))
    effects.entries, effects.settlement = books.entries, settlement


def _open(
    draft: Draft, rules: Rules, items: Sequence[Item], now: int, effects: Effects, full: bool
) -> tuple[dict[bytes, list[Solution]], dict[bytes, list[Fault]]]:
    """Solutions by solver whose seal was opened, and the faults of the others."""
    answers: dict[bytes, list[Solution]] = {}
    faults: dict[bytes, list[Fault]] = {}
    sealed = draft.rows(SEALS)
    for solver, found in sealed.items():
        if len(found.seals) > 1:
            faults[solver] = [Fault.EQUIVOCATION]
    for number, item in enumerate(items):
        if not isinstance(item, Reveal) or item.auction != now or item.solver not in sealed:
            effects.refused[number] = "reveal.nothing-sealed"
        elif item.solver in faults or item.solver in answers:
            effects.refused[number] = "reveal.void"
        elif item.opens(rules.network) != sealed[item.solver].seals[0]:
            effects.refused[number] = "reveal.mismatch"
        else:
            try:
                answers[item.solver] = solutions_in(item.solutions, draft_name(draft, item.solver))
            except WalrasError as error:
                effects.refused[number] = error.code
                answers[item.solver] = []
                faults[item.solver] = [Fault.INVALID_REVEAL]
    for solver in sealed if not full else ():
        if solver not in answers and solver not in faults:
            faults[solver] = [Fault.NO_REVEAL]
    return answers, faults


def solutions_in(data: bytes, name: str) -> list[Solution]:
    """The solutions in a reveal, all under the solver's bonded name."""
    packed = read_list(unpack(data, "reveal", limit=MAX_SOLUTION_BYTES), "reveal", limit=MAX_SOLUTIONS_PER_SOLVER)
    found = []
    for number, item in enumerate(packed):
        where = f"reveal[{number}]"
        solution = decode_solution(read_bytes(item, where, limit=MAX_SOLUTION_BYTES), where)
        found.append(replace(solution, solver=name))
    return found


def draft_name(draft: Draft, solver: bytes) -> str:
    """The name a solver bonded under."""
    known = draft.get(bonds.SOLVERS, _holder(solver))
    return known.name if known is not None else solver.hex()


def _holder(solver: bytes) -> bytes:
    return b"\0" + solver


def _expire(draft: Draft, now: int) -> None:
    """Open intents past their validity end; whatever has ended and cannot come back is forgotten."""
    expired = [(number, order) for number, order in draft.rows(ORDERS).items() if order.intent.valid_to < now]
    for number, order in sorted(expired, key=itemgetter(0)):
        if order.state in OPEN_STATES:
            closed(Books(draft), step(draft, number, OrderState.EXPIRED, now))
        elif order.state in DONE:
            forget(Books(draft), number, order)


def _close(draft: Draft, books: Books, auction: Auction, now: int) -> int:
    """Intents that are done make room for their owner's next; one that traded ends the others of its group.

    The others of the batch rest on as they are. Returns how many were done.
    """
    traded: dict[tuple[Owner, bytes], IntentId] = {}
    done = 0
    for batched in auction.orders:
        order = draft.get(ORDERS, batched.id)
        assert order is not None, "what is batched stays until it is settled"
        if order.state is OrderState.SETTLED:
            closed(books, order)
            done += 1
        if order.filled and order.intent.group:
            traded[order.intent.owner, order.intent.group] = batched.id
    for number, order in sorted(draft.rows(ORDERS).items(), key=itemgetter(0)) if traded else ():
        first = traded.get((order.intent.owner, order.intent.group), number)
        if first != number and order.state in OPEN_STATES:
            closed(books, step(draft, number, OrderState.CANCELLED, now))
    return done
