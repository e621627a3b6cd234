"""Who is who in a simulation: keys from its name and seed, and a genesis that funds everybody.

Keys are derived, so they are of no use for anything of value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from intents.amounts import MAX_AMOUNT, PRICE_SCALE
from intents.assets import AssetId, AssetInfo
from intents.auction import CostModel
from intents.intent import Leg, OwnerScheme
from intents.signing import SigningKey
from node.agreement.validators import Validator
from node.chain.genesis import Genesis
from settlement.ledger.rules import Rules
from settlement.rewards import RewardCaps
from sim.agents.part import AgentPart
from sim.agents.registry import accounts, funding, oracles
from sim.kernel import Kernel
from sim.scenario.parts import AssetPart, ChainPart, SolverPart
from sim.scenario.simulation import Simulation
from sim.world.liquidity import opened

#: Gas of a settlement and of one trade (two transfers), as CoW's naive engine counts them.
SETTLEMENT_GAS: Final = 39_365
TRADE_GAS: Final = 55_026
#: Validators' keys stand for keyed hashes here (``sim.cluster.mac``).
_KEY: Final = bytes([1]) * 30


@dataclass(frozen=True)
class People:
    """Keys by part of the population, one per account; solvers' keys by name; ``assets``: the numeraire first."""

    owners: Mapping[str, Sequence[SigningKey]]
    solvers: Mapping[str, SigningKey]
    assets: Sequence[AssetInfo]

    @property
    def numeraire(self) -> AssetInfo:
        return self.assets[0]


def people_of(simulation: Simulation, seed: int) -> People:
    """Everybody's keys."""
    owners = {
        part.name: [_key(simulation.name, seed, part.name, place) for place in range(accounts(part))]
        for part in simulation.agents
    }
    solvers = {part.name: _key(simulation.name, seed, f"solver {part.name}", 0) for part in simulation.solvers}
    return People(owners, solvers, _assets(simulation))


def genesis_of(simulation: Simulation, people: People, kernel: Kernel) -> Genesis:
    """The first state: rules, assets, validators, everybody's funds, venues, bonds."""
    chain = simulation.chain
    numeraire = people.numeraire
    prices = [asset.price for asset in simulation.assets]
    reporting = tuple(
        key.public for part in simulation.agents for key in people.owners[part.name][: oracles(part)]
    )
    return Genesis(
        name=f"simulation {simulation.name} {kernel.seed}",
        rules=_rules(chain, numeraire, reporting),
        assets=tuple(people.assets),
        validators=tuple(
            Validator(bytes([1]) * 30 + number.to_bytes(2, "big")) for number in range(chain.validators)
        ),
        balances={
            holder_of(key): legs
            for part in simulation.agents
            if (legs := _funds(part, people, prices))
            for key in people.owners[part.name]
        },
        venues=tuple(opened(simulation.venues, people.assets, prices, kernel.stream("venues"))),
        bonds={holder_of(people.solvers[part.name]): _bond(part, chain, numeraire) for part in simulation.solvers},
        rewards=units(chain.rewards, numeraire),
    )


def units(whole: float, asset: AssetInfo) -> int:
    """Base units of ``whole`` whole units, rounded down, at most what an amount can be."""
    return max(0, min(MAX_AMOUNT, int(whole * 10.0**asset.decimals)))


def holder_of(key: SigningKey) -> bytes:
    """An Ed25519 owner's account on the ledger."""
    return bytes([list(OwnerScheme).index(OwnerScheme.ED25519)]) + key.public


def _rules(chain: ChainPart, numeraire: AssetInfo, oracles: tuple[bytes, ...]) -> Rules:
    return Rules(
        bytes(32),
        numeraire.id,
        mechanism=chain.mechanism.value,
        max_winners=chain.max_winners,
        max_orders=chain.max_orders,
        costs=CostModel(int(chain.gas_price_gwei * 10**9), SETTLEMENT_GAS, TRADE_GAS),
        caps=RewardCaps(units(chain.reward_cap, numeraire), units(chain.reward_cap, numeraire)),
        min_bond=units(chain.min_bond, numeraire),
        oracles=oracles,
        least_reports=chain.least_reports,
        stale_after=chain.stale_after,
        max_move_bps=chain.max_move_bps,
        band_bps=chain.band_bps,
        max_open_per_owner=chain.max_open_per_owner,
    )


def _assets(simulation: Simulation) -> tuple[AssetInfo, ...]:
    """Reference prices are numeraire base units per 10^18 base units."""
    decimals = simulation.assets[0].decimals

    def reference(asset: AssetPart) -> int:
        return max(1, int(asset.price * 10.0 ** (decimals - asset.decimals) * PRICE_SCALE))

    return tuple(
        AssetInfo(AssetId(asset.id), asset.decimals, asset.id, reference(asset)) for asset in simulation.assets
    )


def _funds(part: AgentPart, people: People, prices: Sequence[float]) -> tuple[Leg, ...]:
    """What each account begins with, in base units of each asset, rounded down."""
    values = funding(part, [info.id for info in people.assets])
    legs = [
        Leg(info.id, units(values.get(info.id, 0.0) / price, info))
        for info, price in zip(people.assets, prices, strict=True)
    ]
    return tuple(leg for leg in legs if leg.amount)


def _bond(part: SolverPart, chain: ChainPart, numeraire: AssetInfo) -> tuple[str, int]:
    return part.name, units(chain.bond, numeraire)


@lru_cache(maxsize=65_536)
def _key(name: str, seed: int, part: str, place: int) -> SigningKey:
    return SigningKey.from_seed(
        hashlib.sha256(f"walras simulation/{name}/{seed}/{part}/{place}".encode()).digest()
    )
