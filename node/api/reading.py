"""Reading what a request says: ids and accounts in text, and parameters by their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from intents.errors import WrongValue
from intents.intent import OwnerScheme
from node.api.errors import BadParameter
from node.api.operation import Parameter
from settlement.ledger.accounts import Account, AccountKind

MAX_HEIGHT: Final = 2**62
Height = Annotated[int, Meta(ge=0, le=MAX_HEIGHT)]
#: An intent's or item's id.
IdText = Annotated[str, Meta(pattern="^0x([0-9a-fA-F]{2}){1,64}$")]
OwnerText = Annotated[
    str, Meta(pattern="^(0x([0-9a-fA-F]{2}){2,128}|(ed25519|eip712|recorded):(0x)?([0-9a-fA-F]{2}){1,127})$")
]


def holder_of(text: str) -> bytes:
    """An owner's account: ``0x`` with its scheme byte, or ``ed25519:`` (…) and the key in hex."""
    scheme, colon, key = text.partition(":")
    if not colon:
        return bytes.fromhex(text.removeprefix("0x"))
    number = list(OwnerScheme).index(OwnerScheme(scheme))
    return bytes([number]) + bytes.fromhex(key.removeprefix("0x"))


def account_in(text: str, where: str) -> Account:
    """``kind:holder`` in hex, or an owner's as ``holder_of`` reads it. Raises ``WrongValue``."""
    kind, _, holder = text.partition(":")
    try:
        if kind in list(AccountKind):
            return Account(AccountKind(kind), bytes.fromhex(holder.removeprefix("0x")))
        return Account(AccountKind.OWNER, holder_of(text))
    except ValueError as error:
        raise WrongValue(where, "an account, as kind:holder in hex", repr(text[:80])) from error


def parameters_of(
    wanted: Sequence[Parameter], path: Mapping[str, str], query: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Each parameter by name, converted. Raises ``BadParameter`` for unknown, repeated, missing or wrong ones."""
    given = dict(path)
    known = {parameter.name for parameter in wanted if parameter.place == "query"}
    for name, text in query:
        if name not in known:
            raise BadParameter(f"query.{name[:60]}", "no such parameter here")
        if name in given:
            raise BadParameter(f"query.{name}", "given twice")
        given[name] = text
    return {parameter.name: _value(parameter, given.get(parameter.name)) for parameter in wanted}


def _value(parameter: Parameter, text: str | None) -> Any:
    where = f"{parameter.place}.{parameter.name}"
    if text is None:
        if parameter.required:
            raise BadParameter(where, "is missing")
        return parameter.default
    try:
        return msgspec.convert(text, parameter.kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadParameter(where, str(error)[:200]) from error
