"""What a user needs to know before signing: network, assets, the auction under way; amounts in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from intents.amounts import MAX_PRICE, check_amount
from intents.assets import MAX_ASSET_ID_LENGTH, MAX_DECIMALS, AssetId
from intents.errors import UsageError
from intents.near import did_you_mean
from node.client.errors import NotKnown
from node.client.node_client import NodeClient
from node.pair_prices import Denomination

MAX_ASSETS: Final = 100_000
MAX_DIGITS: Final = 80


@dataclass(frozen=True, slots=True)
class Market:
    """``decimals`` by asset; ``auction`` is the one that collects now; ``numeraire`` what prices are in, "" where
    the node cannot say; ``prices`` as they were last agreed."""

    network: bytes
    auction: int
    decimals: Mapping[AssetId, int]
    numeraire: AssetId = AssetId("")
    prices: Mapping[AssetId, int] = field(default_factory=dict)

    @property
    def denomination(self) -> Denomination:
        """What prices are said in. Raises ``UsageError`` where the node cannot say."""
        if self.numeraire not in self.decimals:
            raise UsageError("ASSET", "the node cannot say what prices are in: ask a full node with --node URL")
        return Denomination(self.numeraire, self.decimals, self.prices)

    def asset(self, name: str) -> AssetId:
        """The asset of that id, in any case where that leaves one. Raises ``UsageError``."""
        if AssetId(name) in self.decimals:
            return AssetId(name)
        alike = [known for known in self.decimals if known.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0]
        if not self.decimals:
            raise UsageError(
                "ASSET", "the node cannot say which assets there are: ask a full node with --node URL"
            )
        known = did_you_mean(name, self.decimals) or f"; there are {', '.join(sorted(self.decimals)[:12])}"
        raise UsageError("ASSET", f'no asset "{name[:80]}"{known}')

    def units(self, text: str, asset: AssetId, *, raw: bool = False) -> int:
        """Base units of a decimal amount, of at least one. Raises an ``InputError`` or ``UsageError``."""
        decimals = 0 if raw else self.decimals[asset]
        try:
            amount = Decimal(text) if len(text) <= MAX_DIGITS else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount.adjusted()) > MAX_DIGITS:
            raise UsageError("AMOUNT", f"a decimal number, not {text[:40]!r}")
        sign, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)
        found, beyond = int("".join(map(str, digits))), -(exponent + decimals)
        if beyond > 0 and found % 10**beyond:
            has = "base units are whole" if raw else f"{asset} has {decimals} decimals"
            raise UsageError("AMOUNT", f"{text[:60]}: {has}")
        found = found // 10**beyond if beyond > 0 else found * 10**-beyond
        return check_amount(-found if sign else found, f"amount of {asset}", low=1)

    def shown(self, amount: int, asset: AssetId) -> str:
        """An amount in whole units, exactly, with its asset."""
        decimals = self.decimals.get(asset)
        if decimals is None:
            return f"{amount} units of {asset}"
        whole, part = divmod(abs(amount), 10**decimals)
        fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
        return f"{'-' if amount < 0 else ''}{whole}{'.' if fraction else ''}{fraction} {asset}"


def market_of(client: NodeClient) -> Market:
    """What the node says; no assets where it is a light client."""
    status = client.get("/v1/status")
    try:
        assets = client.get("/v1/assets")
    except NotKnown:  # a light client cannot prove that there are no others
        return Market(status.hex("network", length=32), status.integer("auction"), {})
    rows = {
        AssetId(row.text("id", limit=MAX_ASSET_ID_LENGTH)): row
        for row in assets.objects("assets", limit=MAX_ASSETS)
    }
    decimals = {asset: row.integer("decimals", high=MAX_DECIMALS) for asset, row in rows.items()}
    prices = {
        asset: row.integer(name, high=MAX_PRICE)
        for asset, row in rows.items()
        for name in ("reference_price", "price")  # agreed, unless that is stale
        if row.has(name)
    }
    numeraire = AssetId(assets.text("numeraire", limit=MAX_ASSET_ID_LENGTH))
    return Market(status.hex("network", length=32), status.integer("auction"), decimals, numeraire, prices)
