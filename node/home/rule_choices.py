"""What the maker of a network says of its rules: who reports prices, who may stop trading, any rule by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Final

from intents.errors import InputError, UsageError
from intents.near import did_you_mean
from intents.signing import SigningKey
from node.chain.genesis import Genesis
from node.home.development import MAKER, NAMES, account
from settlement.ledger.rules import MAX_GATEWAYS, RULES, Rules
from settlement.mechanism import mechanism_names

_KEY_PREFIX: Final = "ed25519:"
_KEY_DIGITS: Final = 64
MAX_VALUE: Final = 10_000


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """``oracles`` and ``guardians`` are public keys, of whom more than half decide; ``changes`` are rules by name,
    each in its JSON form."""

    oracles: tuple[bytes, ...] = ()
    guardians: tuple[bytes, ...] = ()
    changes: tuple[tuple[str, object], ...] = ()

    def applied(self, rules: Rules) -> Rules:
        """Raises ``UsageError`` where they make no rules."""
        rules = replace(
            rules,
            oracles=self.oracles or rules.oracles,
            least_reports=_most(self.oracles) or rules.least_reports,
            guardians=self.guardians or rules.guardians,
            least_guardians=_most(self.guardians) or rules.least_guardians,
        )
        for name, value in self.changes:
            rules = _changed(rules, name, value)
        return rules


AS_USUAL: Final = RuleChoices()


def choices_in(oracles: Sequence[str], guardians: Sequence[str], changes: Sequence[str]) -> RuleChoices:
    """From the options of ``walras init``. Raises ``UsageError``."""
    return RuleChoices(
        _keys("--oracle", oracles), _keys("--guardian", guardians), tuple(_change(text) for text in changes)
    )


def ruled(genesis: Genesis, choices: RuleChoices) -> Genesis:
    """The genesis under these rules. Raises ``UsageError``."""
    rules, assets = choices.applied(genesis.rules), [info.id for info in genesis.assets]
    if rules.numeraire not in assets:
        raise UsageError("--rule", f"numeraire is one of {', '.join(assets)}, not {rules.numeraire!r}")
    return replace(genesis, rules=rules)


def _most(keys: tuple[bytes, ...]) -> int:
    return len(keys) // 2 + 1 if keys else 0


def _keys(option: str, names: Sequence[str]) -> tuple[bytes, ...]:
    found = tuple(_key(option, name) for name in names)
    if len(set(found)) != len(found):
        raise UsageError(option, "the same key twice")
    if len(found) > MAX_GATEWAYS:
        raise UsageError(option, f"at most {MAX_GATEWAYS} of them")
    return found


def _key(option: str, name: str) -> bytes:
    """Of a development account, or as ed25519:KEY."""
    if name in (*NAMES, MAKER):
        return SigningKey.from_seed(account(name).seed).public
    digits = name.removeprefix(_KEY_PREFIX).removeprefix("0x")
    if name.startswith(_KEY_PREFIX) and len(digits) == _KEY_DIGITS:
        try:
            return bytes.fromhex(digits)
        except ValueError:
            pass
    raise UsageError(
        option, f'"{name[:80]}" is no development account and no ed25519:KEY{did_you_mean(name, (*NAMES, MAKER))}'
    )


def _change(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or len(value) > MAX_VALUE:
        raise UsageError("--rule", f"say it as NAME=VALUE, such as band_bps=1000, not {text[:60]!r}")
    try:
        return name.strip(), json.loads(value, parse_float=str, parse_int=int)
    except (ValueError, RecursionError):
        return name.strip(), value


def _changed(rules: Rules, name: str, value: object) -> Rules:
    known = [field.name for field in fields(Rules) if field.name != "network"]
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        raise UsageError("--rule", f'no rule "{name[:40]}"{hint}')
    try:
        found = _with(rules, name, value)
    except InputError as error:
        raise UsageError("--rule", str(error).removeprefix("rules: ").removeprefix("rules.")) from error
    if found.mechanism not in mechanism_names():
        raise UsageError(
            "--rule", f"mechanism is one of {', '.join(mechanism_names())}, not {found.mechanism[:40]!r}"
        )
    return found


def _with(rules: Rules, name: str, value: object) -> Rules:
    written = RULES.value.to_json(rules)
    assert isinstance(written, Mapping)
    if type(value) is int:
        # Amounts are decimal text in JSON; nobody should have to know of a rule whether it is one.
        with suppress(InputError):
            amount: Rules = RULES.value.from_json({**written, name: str(value)}, "rules")
            return amount
    found: Rules = RULES.value.from_json({**written, name: value}, "rules")
    return found
