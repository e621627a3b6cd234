"""Protocol fees: charged on top of clearing prices, unwound from final amounts for the score.

The surplus asset is what the owner has more or less of: the wanted asset of a sell, the given asset
of a buy. A policy takes, before its own charge,

    surplus             min(⌊surplus·f⌋, ⌊volume·c⌋)       f: factor, c: volume cap
    price improvement   the same, the surplus measured from the quote, clamped to the order's limit
    volume              ⌊volume·f⌋

where volume is all that is got (sell) or given (buy). Charging goes in list order. Read back from
final amounts the same fee is surplus·f/(1−f), got·f/(1−f) for a sell and given·f/(1+f) for a buy,
each rounded down; unwinding goes in reverse order. Reference: cowprotocol/services, crates/driver,
solution/{fee,scoring}.rs, with two roundings left out: factors here are exact fractions, not doubles
scaled by 10^18, and a sell's fee leaves the got amount as it is, without the way there and back
through the given asset that costs a unit at odd prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from intents.fees import FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import Kind
from settlement.errors import BadFeePolicy
from settlement.execution import Amounts, Limit, surplus_over


def charge(kind: Kind, amounts: Amounts, limit: Limit, policies: Sequence[FeePolicy], where: str = "") -> Amounts:
    """The amounts after every policy has taken its part: less is got (sell) or more is given (buy)."""
    for policy in policies:
        owed = fee_on(policy, kind, amounts, limit, where)
        if kind is Kind.EXACT_OUT:
            amounts = Amounts(amounts.given + owed, amounts.got)
        else:
            amounts = Amounts(amounts.given, amounts.got - owed)
    return amounts


def fee_on(policy: FeePolicy, kind: Kind, before: Amounts, limit: Limit, where: str = "") -> int:
    """What ``policy`` takes of a trade not yet charged, in the surplus asset."""
    check_policy(policy, kind, where)
    volume = before.given if kind is Kind.EXACT_OUT else before.got
    match policy:
        case VolumeFee(factor):
            return _part(volume, factor)
        case SurplusFee(factor, cap) | PriceImprovementFee(factor, cap):
            surplus = _policy_surplus(policy, kind, before, limit, where)
            return min(_part(surplus, factor), _part(volume, cap))


def unwind(kind: Kind, final: Amounts, limit: Limit, policies: Sequence[FeePolicy], where: str = "") -> int:
    """All protocol fees contained in final amounts, in the surplus asset."""
    total = 0
    amounts = final
    for policy in reversed(policies):
        total += fee_within(policy, kind, amounts, limit, where)
        if kind is Kind.EXACT_OUT:
            amounts = Amounts(final.given - total, final.got)
        else:
            amounts = Amounts(final.given, final.got + total)
    return total


def fee_within(policy: FeePolicy, kind: Kind, after: Amounts, limit: Limit, where: str = "") -> int:
    """What ``policy`` must have taken to leave ``after``, in the surplus asset."""
    check_policy(policy, kind, where)
    match policy:
        case VolumeFee(factor):
            return _volume_within(kind, after, factor)
        case SurplusFee(factor, cap) | PriceImprovementFee(factor, cap):
            surplus = _policy_surplus(policy, kind, after, limit, where)
            taken = _part(surplus, factor / (1 - factor))
            if kind is not Kind.EXACT_OUT and cap >= 1:
                return taken  # all of what is got is no cap
            return min(taken, _volume_within(kind, after, cap))


def adjust_quote(kind: Kind, limit: Limit, quote: Quote, where: str = "") -> Limit:
    """The quote scaled to the order's size, its fee included, and never worse than the order's limit.

    Sell: want max(B, ⌊(q_b − ⌊q_fee·q_b/q_s⌋)·S/q_s⌋). Buy: give min(S, ⌊(q_s + q_fee)·B/q_b⌋).
    """
    if quote.sell < 1 or quote.buy < 1 or quote.fee < 0:
        expected = "a positive sell and buy amount and no negative fee"
        raise BadFeePolicy(where, "quote", f"{quote.sell}/{quote.buy}/{quote.fee}", expected)
    if kind is Kind.EXACT_OUT:
        scaled = (quote.sell + quote.fee) * limit.want // quote.buy
        return Limit(min(limit.give, scaled), limit.want)
    net = max(0, quote.buy - quote.fee * quote.buy // quote.sell)
    return Limit(limit.give, max(limit.want, net * limit.give // quote.sell))


def check_policy(policy: FeePolicy, kind: Kind, where: str = "") -> None:
    """Factors lie in 0 … 1, below 1 where unwinding divides by what is left."""
    factor = policy.factor
    open_at_one = not isinstance(policy, VolumeFee) or kind is not Kind.EXACT_OUT
    if factor < 0 or factor > 1 or (open_at_one and factor == 1):
        raise BadFeePolicy(where, "factor", str(factor), "in 0 … 1" + (", 1 excluded" if open_at_one else ""))
    if not isinstance(policy, VolumeFee) and policy.max_volume_factor < 0:
        raise BadFeePolicy(where, "max_volume_factor", str(policy.max_volume_factor), "0 or more")


def _policy_surplus(
    policy: SurplusFee | PriceImprovementFee, kind: Kind, amounts: Amounts, limit: Limit, where: str
) -> int:
    if isinstance(policy, PriceImprovementFee):
        limit = adjust_quote(kind, limit, policy.quote, where)
    return max(0, surplus_over(kind, amounts, limit))


def _volume_within(kind: Kind, after: Amounts, factor: Fraction) -> int:
    if kind is Kind.EXACT_OUT:
        return _part(after.given, factor / (1 + factor))
    return _part(after.got, factor / (1 - factor))


def _part(amount: int, factor: Fraction) -> int:
    return amount * factor.numerator // factor.denominator
