"""Stakes: what validators put up for their votes, and lose for signing two things at one place.

A validator's key is its account's: joining is a transaction it signs itself. How many votes a stake asks for is
here; how many it has, which changes by no more than a third of all votes in a block, is the chain's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from intents.amounts import mul_div_ceil
from intents.schema import Amount, Flag, Integer, Many, Octets, Pair, Record, Text
from settlement.ledger.accounts import REWARDS, Account, AccountKind
from settlement.ledger.books import Books
from settlement.ledger.errors import BelowMinimum, LedgerError, StillLocked
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table
from settlement.penalties import Fault

#: Turns remembered of each validator, and parts of a stake that can be on their way out at once.
MAX_WINDOW: Final = 64
MAX_LEAVING: Final = 8
MAX_VOTES: Final = 4096


@dataclass(frozen=True, slots=True)
class StakeRules:
    """``vote_price`` in numeraire base units; 0: the genesis's validators are all there ever are.

    ``evidence_age`` is how many heights back a lie can be proven, and a stake stays liable as long. A validator
    that misses ``most_missed`` of its last ``window`` turns to propose is jailed for ``jailed_for`` auctions.
    """

    vote_price: int = 0
    evidence_age: int = 1_000
    window: int = 50
    most_missed: int = 25
    jailed_for: int = 10

    @property
    def unbonds_after(self) -> int:
        """Auctions, of three heights each, that cover ``evidence_age``."""
        return self.evidence_age // 3 + 1


@dataclass(frozen=True, slots=True)
class Stake:
    """``votes`` are paid for, ``power`` is what of them counts now.

    ``leaving``: amounts on their way out and the auction each is free at, 0 while the votes they paid for still
    count. ``jailed_until``: the auction from which it may ask to be let back, 0 when not jailed. ``missed``: its
    last turns as bits, newest lowest. Who is ``banned`` signed two things at one place and never votes again.
    """

    votes: int
    power: int = 0
    leaving: tuple[tuple[int, int], ...] = ()
    jailed_until: int = 0
    missed: int = 0
    banned: bool = False

    @property
    def wanted(self) -> int:
        """The power it should have."""
        return 0 if self.jailed_until or self.banned else self.votes


STAKES: Final[Table[bytes, Stake]] = Table(
    30,
    "stakes",
    Octets(limit=128),
    Record(
        Stake,
        {
            "votes": Integer(high=MAX_VOTES),
            "power": Integer(high=MAX_VOTES),
            "leaving": Many(Pair(Amount(), Integer()), MAX_LEAVING),
            "jailed_until": Integer(),
            "missed": Integer(high=(1 << MAX_WINDOW) - 1),
            "banned": Flag(),
        },
    ),
)
STAKE_RULES: Final[Table[str, StakeRules]] = Table(
    31,
    "stake_rules",
    Text(16),
    Record(
        StakeRules,
        {
            "vote_price": Amount(),
            "evidence_age": Integer(low=1),
            "window": Integer(low=1, high=MAX_WINDOW),
            "most_missed": Integer(low=1, high=MAX_WINDOW),
            "jailed_for": Integer(low=1),
        },
    ),
)
_ONLY: Final = "stakes"


@dataclass(eq=False)
class StakingClosed(LedgerError):
    code: ClassVar[str] = "ledger.staking-closed"
    text: ClassVar[str] = "votes are not for sale here: the validators are those of the genesis"


@dataclass(eq=False)
class NoStake(LedgerError):
    code: ClassVar[str] = "ledger.no-stake"
    text: ClassVar[str] = "{holder} has no stake {detail}"

    holder: str
    detail: str


def stake_rules_of(state: State | Draft) -> StakeRules:
    return state.get(STAKE_RULES, _ONLY) or StakeRules()


def put_stake_rules(draft: Draft, rules: StakeRules) -> None:
    draft.set(STAKE_RULES, _ONLY, rules)


def stake_of(holder: bytes) -> Account:
    return Account(AccountKind.STAKE, holder)


def post(books: Books, rules: Rules, holder: bytes, votes: int) -> None:
    """Buy ``votes`` more; they count once a block's share of change has room for them."""
    price = _price(books)
    known = books.draft.get(STAKES, holder) or Stake(0)
    if known.banned:
        raise NoStake("ledger", holder.hex(), "any more: it signed two things at one place")
    if known.votes + votes > MAX_VOTES:
        raise BelowMinimum("ledger", "votes left to buy", MAX_VOTES - known.votes, votes)
    books.move(
        Account(AccountKind.OWNER, holder), stake_of(holder), rules.numeraire, votes * price, "stake posted"
    )
    books.draft.set(STAKES, holder, replace(known, votes=known.votes + votes))


def unstake(books: Books, holder: bytes, votes: int) -> None:
    """Give up ``votes``; what they cost is free some time after they stopped to count."""
    price, known = _price(books), _known(books, holder)
    if known.votes < votes:
        raise BelowMinimum("ledger", "votes", known.votes, votes)
    if len(known.leaving) >= MAX_LEAVING:
        raise StillLocked("ledger", known.leaving[0][1], 0)
    leaving = (*known.leaving, (votes * price, 0))
    books.draft.set(STAKES, holder, replace(known, votes=known.votes - votes, leaving=leaving))


def release(books: Books, rules: Rules, holder: bytes, now: int) -> None:
    """Take back whatever of the stake is free."""
    known = _known(books, holder)
    free = sum(amount for amount, at in known.leaving if at and at <= now)
    left = tuple((amount, at) for amount, at in known.leaving if not at or at > now)
    if not free:
        unbonds_after = stake_rules_of(books.draft).unbonds_after
        raise StillLocked("ledger", min((at for _, at in left if at), default=now + unbonds_after), now)
    books.move(stake_of(holder), Account(AccountKind.OWNER, holder), rules.numeraire, free, "stake released")
    gone = not known.votes and not left and not known.power and not known.banned
    books.draft.set(STAKES, holder, None if gone else replace(known, leaving=left))


def unjail(books: Books, holder: bytes, now: int) -> None:
    """Ask to be let back, with a clean record."""
    known = _known(books, holder)
    if not known.jailed_until:
        raise NoStake("ledger", holder.hex(), "in jail")
    if now < known.jailed_until:
        raise StillLocked("ledger", known.jailed_until, now)
    books.draft.set(STAKES, holder, replace(known, jailed_until=0, missed=0))


def ban(books: Books, rules: Rules, holder: bytes) -> int:
    """Take what equivocation costs, of everything that is still at stake; returns it. The rest leaves."""
    known = _known(books, holder)
    held = books.balance(stake_of(holder), rules.numeraire)
    rate = rules.penalties.of(Fault.EQUIVOCATION)
    taken = mul_div_ceil(held, rate.numerator, rate.denominator)
    if taken:
        books.move(stake_of(holder), REWARDS, rules.numeraire, taken, "stake slashed")
    leaving = ((held - taken, 0),) if held > taken else ()
    books.draft.set(STAKES, holder, replace(known, votes=0, leaving=leaving, banned=True))
    return taken


def counted(stake: Stake, power: int, free_at: int) -> Stake:
    """With so many votes counting from now on: what paid for others is free at ``free_at``."""
    if power == stake.power and not stake.leaving:
        return stake
    if power > stake.votes:
        return replace(stake, power=power)
    leaving = tuple((amount, at or free_at) for amount, at in stake.leaving)
    return replace(stake, power=power, leaving=leaving)


def turned(stake: Stake, missed: bool, rules: StakeRules, now: int) -> Stake:
    """One more turn to propose, missed or not; too many missed lead to jail."""
    record = (stake.missed << 1 | missed) & ((1 << rules.window) - 1)
    if record.bit_count() >= rules.most_missed and not stake.jailed_until:
        return replace(stake, missed=0, jailed_until=now + rules.jailed_for)
    return replace(stake, missed=record)


def _price(books: Books) -> int:
    price = stake_rules_of(books.draft).vote_price
    if not price:
        raise StakingClosed("ledger")
    return price


def _known(books: Books, holder: bytes) -> Stake:
    known = books.draft.get(STAKES, holder)
    if known is None:
        raise NoStake("ledger", holder.hex(), "here")
    return known
