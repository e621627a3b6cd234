"""What must hold of a solution before any amount is computed: shape, prices, and who is filled when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.intent import Intent, IntentId
from settlement.errors import (
    AmountTooLarge,
    DuplicateFill,
    Expired,
    MissingPrice,
    NegativeAmount,
    NonPositivePrice,
    NotAnInteger,
    NothingFilled,
    NotYetValid,
    PriceTooLarge,
    TooManyInteractions,
    UnknownOrder,
    UnknownPricedAsset,
    WrongNetwork,
)
from settlement.solution import MAX_INTERACTIONS, Fill, Solution


def check_shape(solution: Solution) -> None:
    """Something is filled, nothing is too many, and every amount is an integer in 0 … 2^127−1."""
    if not solution.fills:
        raise NothingFilled("fills", 0)
    if len(solution.interactions) > MAX_INTERACTIONS:
        raise TooManyInteractions("interactions", len(solution.interactions), MAX_INTERACTIONS)
    for i, fill in enumerate(solution.fills):
        for value in (fill.executed, fill.fee, *fill.gives, *fill.wants):
            if not (type(value) is int and 0 <= value <= MAX_AMOUNT):
                _refuse_amount(value, f"fills[{i}]")
    for i, interaction in enumerate(solution.interactions):
        for value in (interaction.amount_in, interaction.amount_out):
            if not (type(value) is int and 0 <= value <= MAX_AMOUNT):
                _refuse_amount(value, f"interactions[{i}]")


def check_amount_made(value: int, where: str) -> int:
    """An amount the law itself computed: the next thing to hold in 127 bits."""
    if value > MAX_AMOUNT:
        raise AmountTooLarge(where, value, MAX_AMOUNT)
    return value


def check_prices(prices: Mapping[AssetId, int], auction: Auction) -> None:
    """Every price is a positive integer of at most 256 bits, for an asset of the auction."""
    for asset in sorted(prices):
        price, where = prices[asset], f"prices[{asset}]"
        if asset not in auction.asset:
            raise UnknownPricedAsset(where, asset, auction.name)
        if type(price) is not int:
            raise NotAnInteger(where, repr(price)[:80])
        if price < 1:
            raise NonPositivePrice(where, price)
        if price > MAX_PRICE:
            raise PriceTooLarge(where, price, MAX_PRICE)


def price_of(prices: Mapping[AssetId, int], asset: AssetId, where: str) -> int:
    price = prices.get(asset)
    if price is None:
        raise MissingPrice(where, asset)
    return price


def filled_orders(solution: Solution, auction: Auction) -> Iterator[tuple[str, Fill, AuctionOrder]]:
    """Each fill with its place and its order; every order is in the auction and filled once."""
    first: dict[IntentId, str] = {}
    for i, fill in enumerate(solution.fills):
        where = f"fills[{i}]"
        order = auction.order.get(fill.order)
        if order is None:
            raise UnknownOrder(where, fill.order.hex(), auction.name)
        if fill.order in first:
            raise DuplicateFill(where, fill.order.hex(), first[fill.order])
        first[fill.order] = where
        yield where, fill, order


def check_live(intent: Intent, auction: Auction, where: str) -> None:
    """Signed for this network, and valid at the auction's number where it has one."""
    if intent.network != auction.network:
        raise WrongNetwork(where, intent.network.hex(), auction.network.hex())
    if not auction.number:
        return
    if auction.number < intent.valid_from:
        raise NotYetValid(where, intent.valid_from, auction.number)
    if auction.number > intent.valid_to:
        raise Expired(where, intent.valid_to, auction.number)


def _refuse_amount(value: object, where: str) -> None:
    if type(value) is not int:
        raise NotAnInteger(where, repr(value)[:80])
    if value < 0:
        raise NegativeAmount(where, value)
    raise AmountTooLarge(where, value, MAX_AMOUNT)
