"""What an intent waits for, as users say it, read into its condition.

ETH/USDC <= 2800                  a price: a stop, a take-profit; ASSET alone is its price in the numeraire
BTC falls 500 bps                 from its best since the intent came, or rises from its lowest; also 5%
auction >= 120, auction >= +20    by number, or counted from the auction under way
filled 0x…                        another intent of the same owner, whole
… and …, … or …, ( … )            and binds closer
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil, floor
from typing import Final

from intents.amounts import MAX_BPS
from intents.conditions import Above, AllOf, AnyOf, Below, Condition, Filled, From, Trailing, check_condition
from intents.errors import UsageError
from intents.intent import NEVER
from node.client.market import Market
from node.pair_prices import check_price, number_in, pair_in
from node.trails import other_side

WHERE: Final = "--when"
MAX_TEXT: Final = 4_000
#: Of parentheses; conditions themselves are at most four deep.
MAX_OPEN: Final = 8
_WORD = re.compile(r"\s*(\(|\)|<=|>=|[^\s()<>=]+|\S)")
_ID = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_FORMS: Final = '"ETH/USDC <= 2800", "BTC falls 500 bps", "auction >= +20" or "filled ID", joined by and, or'


def condition_in(text: str, market: Market) -> Condition:
    """The condition that ``text`` says. Raises ``UsageError`` or, where it is too large, an ``InputError``."""
    if len(text) > MAX_TEXT:
        raise UsageError(WHERE, f"at most {MAX_TEXT} characters")
    reading = _Reading(_WORD.findall(text.strip()), market)
    found = reading.any_of(0)
    if reading.rest:
        raise UsageError(WHERE, f"{_quoted(reading.rest[0])} is one too many: {_FORMS}")
    check_condition(found, WHERE)
    return found


class _Reading:
    """Words not read yet, and what they speak of."""

    def __init__(self, words: list[str], market: Market) -> None:
        self.rest = words
        self.market = market

    def any_of(self, depth: int) -> Condition:
        return self._joined("or", depth, self._all_of, AnyOf)

    def _all_of(self, depth: int) -> Condition:
        return self._joined("and", depth, self._one, AllOf)

    def _joined(
        self,
        word: str,
        depth: int,
        part: Callable[[int], Condition],
        made: Callable[[tuple[Condition, ...]], Condition],
    ) -> Condition:
        parts = [part(depth)]
        while self.rest and self.rest[0].lower() == word:
            self.rest = self.rest[1:]
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else made(tuple(parts))

    def _one(self, depth: int) -> Condition:
        first = self._take("a condition")
        if first == "(":
            if depth >= MAX_OPEN:
                raise UsageError(WHERE, f"at most {MAX_OPEN} parentheses inside each other")
            found = self.any_of(depth + 1)
            if self._take('")"') != ")":
                raise UsageError(WHERE, 'a "(" is not closed')
            return found
        if first.lower() == "filled":
            return self._filled()
        verb = self._take(f"<=, >=, falls or rises after {_quoted(first)}").lower()
        if first.lower() == "auction":
            return self._auction(verb)
        if verb in ("<=", ">="):
            return self._price(first, verb)
        if verb in ("falls", "rises"):
            return self._trail(first, verb == "rises")
        raise UsageError(
            WHERE, f"after {_quoted(first)} comes <=, >=, falls or rises, not {_quoted(verb)}: {_FORMS}"
        )

    def _price(self, name: str, verb: str) -> Condition:
        """Rounded so that it never holds before the price that was said."""
        text = self._take(f"a price after {name} {verb}")
        pair = pair_in(name, WHERE, self.market.denomination, self.market.asset)
        exact = self.market.denomination.ledger_price(pair, number_in(text, WHERE))
        above = (verb == ">=") != pair.inverted
        price = check_price(ceil(exact) if above else floor(exact), f"{name} {verb} {text}", WHERE)
        return Above(pair.asset, price) if above else Below(pair.asset, price)

    def _trail(self, name: str, rises: bool) -> Condition:
        """Of an inverted pair the same point seen from the other side, rounded away to whole basis points."""
        text = self._take(f"by how much {name} moves: 500 bps, or 5%")
        if text.endswith("%"):
            bps = 100 * number_in(text[:-1], WHERE)
        else:
            bps = number_in(text, WHERE)
            if self._take('"bps"').lower() != "bps":
                raise UsageError(WHERE, f"{name} moves by {_quoted(text)} of what? Say 500 bps, or 5%")
        if bps.denominator != 1 or not 1 <= bps <= MAX_BPS:
            raise UsageError(WHERE, f"{name}: 1 to {MAX_BPS} whole bps, not {_quoted(text)}")
        pair = pair_in(name, WHERE, self.market.denomination, self.market.asset)
        if not pair.inverted:
            return Trailing(pair.asset, int(bps), rises)
        if not rises and bps == MAX_BPS:
            raise UsageError(WHERE, f"{name} cannot fall by all it is worth")
        other = other_side(int(bps), rises=rises)
        if other > MAX_BPS:
            raise UsageError(
                WHERE,
                f"{name} falls {int(bps)} bps: at most 5000 bps of a pair that begins with "
                f"{self.market.denomination.numeraire}",
            )
        return Trailing(pair.asset, other, not rises)

    def _auction(self, verb: str) -> Condition:
        text = self._take("an auction's number")
        number = text.removeprefix("+")
        if verb != ">=" or not number.isascii() or not number.isdecimal() or len(number) > 18:
            raise UsageError(
                WHERE, f"say it as: auction >= 120, or auction >= +20, not {_quoted(f'{verb} {text}')}"
            )
        return From(min(NEVER, int(number) + (self.market.auction if text.startswith("+") else 0)))

    def _filled(self) -> Condition:
        text = self._take("an intent's id after filled")
        if not _ID.fullmatch(text):
            raise UsageError(WHERE, f"an intent's id is 0x and 64 hex digits, not {_quoted(text)}")
        return Filled(bytes.fromhex(text.removeprefix("0x")))

    def _take(self, expected: str) -> str:
        if not self.rest:
            raise UsageError(WHERE, f"ends where {expected} is missing: {_FORMS}")
        word, self.rest = self.rest[0], self.rest[1:]
        return word


def _quoted(text: str) -> str:
    return repr(text[:80])
