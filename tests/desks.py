"""A small town for agents: their desks at one validator's ledger, a solver that answers, a clock.

Everything in it is the real thing; only agreement is left out, for want of anybody to agree with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from intents.errors import WalrasError
from intents.intent import Intent, IntentId, Leg
from intents.signing import SigningKey
from intents.venue_states import ConstantProductState, OrderBookState, VenueId, VenueState
from node.agreement.messages import Seen
from node.agreement.validators import Validator
from node.chain.app import ChainApp
from node.chain.genesis import Genesis, build
from node.chain.tables import chain_of
from node.chain.transition import Effects
from node.solving import SolverKey, sealed
from settlement.ledger.auction import auction_of
from settlement.ledger.rules import Rules, rules_of
from sim.agents.base import Fill, Settled
from sim.agents.part import AgentPart
from sim.agents.registry import accounts, funding, kind_of, make, oracles
from sim.kernel import Kernel
from sim.prices.declared import Law, PricesPart
from sim.prices.process import PriceProcess
from sim.world.desk import AtNode
from solver.protocol import Deadline
from solver.registry import built_in
from tests.ledgers import SOLVER

CASH, GOLD, SALT = AssetId("CASH"), AssetId("GOLD"), AssetId("SALT")
#: Gold has six decimals, so that nothing passes that confuses units.
ASSETS = (
    AssetInfo(CASH, 18, "CASH", 10**18),
    AssetInfo(GOLD, 6, "GOLD", 2 * 10**30),
    AssetInfo(SALT, 18, "SALT", 10**18 // 2),
)
PRICES = {"CASH": 1.0, "GOLD": 2.0, "SALT": 0.5}
AUCTION_US = 2_000_000
STILL = PricesPart(law=Law.CONSTANT)


def pool(name: str = "pool", gold_price: float = 2.0, depth: float = 10_000.0, fee_bps: int = 30) -> VenueState:
    """Cash against gold, ``depth`` cash deep."""
    reserves = (int(depth * 10**18), int(depth / gold_price * 10**6))
    return ConstantProductState(VenueId(name), (CASH, GOLD), 0, "", reserves, Fraction(fee_bps, 10_000))


def book(name: str = "book") -> OrderBookState:
    """An empty book of gold for cash: lots of a hundredth of a gold, ticks of a millionth of a cash."""
    return OrderBookState(VenueId(name), (GOLD, CASH), 0, "", 10**12, 10**4, (), ())


@dataclass
class Offered:
    """An intent somebody handed in."""

    desk: str
    number: IntentId
    intent: Intent
    purpose: str
    owner: int
    at_us: int
    refused: str


@dataclass
class Town:
    """``parts`` of the population, and the genesis they need."""

    parts: Sequence[AgentPart]
    seed: int = 1
    moves: PricesPart = STILL
    venues: Sequence[VenueState] = ()
    solver: str = ""
    auction_us: int = AUCTION_US
    assets: Sequence[AssetInfo] = ASSETS
    offers: list[Offered] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    fills: dict[str, list[Fill]] = field(default_factory=dict)
    #: What each part's fills were worth beyond what they cost, at the outside prices of their settlement.
    earned: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kernel = Kernel(self.seed)
        self.numeraire = CASH
        keys = {
            part.name: [
                SigningKey.from_seed(bytes([place, n % 256, n // 256]) + b"k" * 29) for n in range(accounts(part))
            ]
            for place, part in enumerate(self.parts)
        }
        names = [str(info.id) for info in self.assets]
        starts = {name: PRICES[name] for name in names}
        self.prices = PriceProcess(self.moves, starts, self.kernel.stream)
        reporting = tuple(key.public for part in self.parts for key in keys[part.name][: oracles(part)])
        self.chain = ChainApp(
            build(
                Genesis(
                    "town",
                    Rules(bytes(32), CASH, oracles=reporting, stale_after=1_000, min_bond=10**18),
                    tuple(self.assets),
                    (Validator(b"\1" * 32),),
                    {
                        b"\0" + key.public: tuple(
                            Leg(info.id, int(values[info.id] / starts[info.id] * 10**info.decimals))
                            for info in self.assets
                            if info.id in values
                        )
                        for part in self.parts
                        for values in [funding(part, names)]
                        for key in keys[part.name]
                    },
                    tuple((venue, ()) for venue in self.venues),
                    {b"\0" + SOLVER.public: ("solver", 10**19)},
                )
            ),
            lambda key, digest, signature: True,
        )
        self.desks = [
            AtNode(
                self,
                part.name,
                kind_of(part),
                nodes=[0] * part.count,
                anchor=0,
                keys=keys[part.name],
                assets=self.assets,
            )
            for part in self.parts
        ]
        self.agents = [make(part) for part in self.parts]

    # What a desk sees

    def app(self, node: int) -> ChainApp:
        return self.chain

    def outside(self, asset: AssetId, ahead_us: int = 0) -> float:
        now_us = self.kernel.now_us
        return (self.prices.ahead(now_us, ahead_us) if ahead_us else self.prices.at(now_us))[asset]

    def submit(self, node: int, item: bytes) -> None:
        self.items.append(item)
        self.chain.add(item)

    def offered(
        self, desk: AtNode, number: IntentId, intent: Intent, owner: int, purpose: str, refused: str
    ) -> None:
        self.offers.append(Offered(desk.name, number, intent, purpose, owner, self.kernel.now_us, refused))

    # Running

    def run(self, auctions: int) -> Town:
        for desk, agent in zip(self.desks, self.agents, strict=True):
            self.kernel.after(1, agent.start, desk)
        for number in range(auctions):
            self.kernel.at(number * self.auction_us + self.auction_us // 2, self._hold)
        self.kernel.run(auctions * self.auction_us)
        return self

    def _hold(self) -> None:
        """A whole auction in no time: batch, the solver's answer, settlement, news to everybody."""
        self._step()
        for desk in self.desks:
            desk.batched(self.chain.auction)
        answer = sealed(self.chain.network, _KEY, self.chain.auction, self._solved()) if self.solver else None
        for item in answer[:1] if answer else ():
            self.chain.add(item)
        self._step()
        for item in answer[1:] if answer else ():
            self.chain.add(item)
        number, settlement = self.chain.auction, self._step().settlement
        assert settlement is not None
        trades = [trade for winner in settlement.settled for trade in winner.trades]
        for desk, agent in zip(self.desks, self.agents, strict=True):
            fills = [
                Fill(trade.order, desk.mine[trade.order][0], trade.gives[0], trade.wants[0])
                for trade in trades
                if trade.order in desk.mine
            ]
            self.fills.setdefault(desk.name, []).extend(fills)
            gains = [self._value(fill.got) - self._value(fill.gave) for fill in fills]
            self.earned[desk.name] = sum(gains, self.earned.get(desk.name, 0.0))
            self.kernel.after(1, agent.settled, desk, Settled(number, fills))

    def _step(self) -> Effects:
        height = self.chain.height + 1
        seen = Seen(height, tuple(sorted(self.chain.held(height))), 0, b"\0" * 32)
        block = self.chain.propose(height, 0, (seen,))
        assert block is not None
        applied = self.chain.apply(height, block)
        self.refused += applied.effects.refused.values()
        self.taken += applied.block.items
        return applied.effects

    def _solved(self) -> list:
        return list(built_in(self.solver).solve(self.auction(), Deadline.work(5_000_000)))

    def auction(self) -> Auction:
        """The batch that is being solved."""
        state = self.chain.state
        return auction_of(state, rules_of(state), self.chain.auction, chain_of(state).seed)

    # Looking

    def worth(self, name: str) -> float:
        """All accounts of a part at the outside prices of now, in cash."""
        desk = next(desk for desk in self.desks if desk.name == name)
        return sum(
            desk.whole(info.id, desk.balance(info.id, owner)) * self.outside(info.id)
            for owner in range(desk.owners)
            for info in self.assets
        )

    def _value(self, leg: Leg) -> float:
        info = next(info for info in self.assets if info.id == leg.asset)
        return leg.amount / 10.0**info.decimals * self.outside(leg.asset)

    def venue(self, name: str) -> VenueState:
        return self.desks[0].venues()[VenueId(name)]


_KEY = SolverKey(SOLVER.public, b"salt" * 8, SOLVER.sign)


def run_one(part: AgentPart, auctions: int = 3, **others: object) -> Town:
    """A town with one part of the population."""
    return Town([part], **others).run(auctions)  # type: ignore[arg-type]


__all__ = ["ASSETS", "CASH", "GOLD", "SALT", "Town", "WalrasError", "book", "pool", "run_one"]
