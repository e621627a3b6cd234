"""People who trade: signed intents around prices that move, some of which meet. No clock and no I/O.

Values are fractions of whole numeraire units until an amount is written into an intent; from there integers count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from intents.assets import AssetId
from intents.codec import intent_id
from intents.intent import FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission, encode_item

BPS: Final = 10_000
#: An agent's nonces begin at a random place below this, so that a demo started again does not repeat them.
FIRST_NONCE: Final = 2**48


@dataclass(frozen=True, slots=True)
class Traded:
    """An asset of the network. ``price``: numeraire base units per 10^18 base units, as everywhere."""

    id: AssetId
    decimals: int
    price: int


@dataclass(frozen=True, slots=True)
class Taste:
    """How people trade. Sizes are whole numeraire units; the rest basis points unless said otherwise.

    ``drift`` is a price's deviation over a minute. ``meeting`` of a hundred people come with a counterpart, who
    wants the other side of the same trade. ``lasts`` counts auctions.
    """

    size: float = 0.4
    size_sigma: float = 0.8
    slack_bps: float = 35.0
    slack_sigma_bps: float = 40.0
    drift_bps: float = 25.0
    pull: float = 0.2
    meeting: int = 40
    lasts: int = 6


@dataclass(frozen=True, slots=True)
class Signed:
    """An intent ready to be submitted."""

    id: IntentId
    item: bytes


@dataclass
class Crowd:
    """Owners with their keys, and what they take for fair prices. All of it follows from ``rng``."""

    network: bytes
    numeraire: AssetId
    assets: Sequence[Traded]
    keys: Sequence[SigningKey]
    rng: Random
    taste: Taste = Taste()
    _moved: dict[AssetId, float] = field(default_factory=dict)
    _nonce: int = 0

    def __post_init__(self) -> None:
        self._nonce = self.rng.randrange(FIRST_NONCE)
        self._by_id = {asset.id: asset for asset in self.assets}

    def wait(self, seconds: float) -> None:
        """Prices move on, pulled back a little towards where they began."""
        for asset in self.assets:
            if asset.id != self.numeraire:
                shock = self.rng.gauss(0.0, self.taste.drift_bps / BPS) * math.sqrt(seconds / 60)
                self._moved[asset.id] = (
                    self._moved.get(asset.id, 0.0) * (1 - self.taste.pull * seconds / 60) + shock
                )

    def fair(self, asset: AssetId) -> float:
        """Numeraire base units per base unit."""
        return self._by_id[asset].price / 1e18 * math.exp(self._moved.get(asset, 0.0))

    def come(self, auction: int) -> list[Signed]:
        """One person, or two who meet; their intents are good from now until some auctions later."""
        give, want = self._pair()
        value = self.taste.size * math.exp(self.rng.gauss(0.0, self.taste.size_sigma))
        found = [self._intent(give, want, value, auction)]
        if self.rng.randrange(100) < self.taste.meeting:
            found.append(self._intent(want, give, value * self.rng.uniform(0.6, 1.4), auction))
        return found

    def _pair(self) -> tuple[AssetId, AssetId]:
        """Most trade against the numeraire."""
        others = [asset.id for asset in self.assets if asset.id != self.numeraire]
        if len(others) > 1 and self.rng.random() < 0.25:
            give, want = self.rng.sample(others, 2)
            return give, want
        other = self.rng.choice(others)
        return (other, self.numeraire) if self.rng.random() < 0.5 else (self.numeraire, other)

    def _intent(self, give: AssetId, want: AssetId, value: float, auction: int) -> Signed:
        key = self.rng.choice(self.keys)
        self._nonce += 1
        whole = 10 ** self._by_id[self.numeraire].decimals
        slack = self.rng.gauss(self.taste.slack_bps, self.taste.slack_sigma_bps) / BPS
        intent = Intent(
            self.network,
            Owner(OwnerScheme.ED25519, key.public),
            self._nonce,
            0,
            auction + self.taste.lasts - 1,
            (Leg(give, max(1, int(value * whole / self.fair(give)))),),
            (Leg(want, max(1, int(value * (1 - slack) * whole / self.fair(want)))),),
            Kind.EXACT_IN,
            FillRule(FillMode.FILL_OR_KILL if self.rng.random() < 0.2 else FillMode.PARTIAL),
        )
        return Signed(intent_id(intent), encode_item(Submission(intent, sign_intent(key, intent))))
