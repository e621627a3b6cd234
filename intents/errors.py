"""The root of every error a user can cause, and the ones raised while reading input.

    WalrasError
    ├── UsageError                    the call was wrong                           exit 2
    ├── InputError                    a file, message or field was wrong           exit 3
    │   ├── Unreadable                not there, a directory, too large, not text
    │   ├── Malformed                 not the format it claims to be
    │   ├── UnknownField · MissingField · WrongType · WrongValue
    │   ├── AmountOutOfRange          an integer outside its allowed range
    │   ├── UnknownAsset              an asset nobody declared
    │   ├── Duplicate                 the same key or id twice
    │   ├── TooDeep · TooMany         nesting or count over the bound
    │   └── NonCanonical              bytes that do not re-encode to themselves
    ├── CryptoError (intents.signing) a key or signature is refused                exit 5
    └── LawError (settlement.errors)  a rule of the auction is broken              exit 5

Every class is a dataclass: its fields are the compared values, ``where`` says at which field or
item, ``code`` is the stable name shown as ``error[code]``, and ``text`` is the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(eq=False)
class WalrasError(Exception):
    """An expected failure. Raised with the place first, then the compared values."""

    code: ClassVar[str] = "walras"
    text: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    where: str

    def __post_init__(self) -> None:
        # Positional args make the exception picklable and printable like any other.
        super().__init__(*(getattr(self, field.name) for field in fields(self)))

    def __str__(self) -> str:
        sentence = self.text.format(**{f.name: getattr(self, f.name) for f in fields(self)})
        return f"{self.where}: {sentence}" if self.where else sentence


@dataclass(eq=False)
class UsageError(WalrasError):
    code: ClassVar[str] = "usage"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 2

    reason: str


@dataclass(eq=False)
class InputError(WalrasError):
    """Something read from outside is not acceptable."""

    code: ClassVar[str] = "input"
    exit_code: ClassVar[int] = 3


@dataclass(eq=False)
class Unreadable(InputError):
    code: ClassVar[str] = "input.unreadable"
    text: ClassVar[str] = "{reason}"

    reason: str


@dataclass(eq=False)
class Malformed(InputError):
    code: ClassVar[str] = "input.malformed"
    text: ClassVar[str] = "{reason}"

    reason: str


@dataclass(eq=False)
class UnknownField(InputError):
    code: ClassVar[str] = "input.unknown-field"
    text: ClassVar[str] = 'unknown field "{field}"{hint}'

    field: str
    hint: str = ""


@dataclass(eq=False)
class MissingField(InputError):
    code: ClassVar[str] = "input.missing-field"
    text: ClassVar[str] = 'field "{field}" is missing'

    field: str


@dataclass(eq=False)
class WrongType(InputError):
    code: ClassVar[str] = "input.wrong-type"
    text: ClassVar[str] = "expected {expected}, got {got}"

    expected: str
    got: str


@dataclass(eq=False)
class WrongValue(InputError):
    code: ClassVar[str] = "input.wrong-value"
    text: ClassVar[str] = "{got} is not {expected}"

    expected: str
    got: str


@dataclass(eq=False)
class AmountOutOfRange(InputError):
    code: ClassVar[str] = "input.amount-out-of-range"
    text: ClassVar[str] = "{value} is outside {low} .. {high}"

    value: int
    low: int
    high: int


@dataclass(eq=False)
class UnknownAsset(InputError):
    code: ClassVar[str] = "input.unknown-asset"
    text: ClassVar[str] = 'asset "{asset}" is not declared in the auction'

    asset: str


@dataclass(eq=False)
class Duplicate(InputError):
    code: ClassVar[str] = "input.duplicate"
    text: ClassVar[str] = "{what} {value} appears twice"

    what: str
    value: str


@dataclass(eq=False)
class TooDeep(InputError):
    code: ClassVar[str] = "input.too-deep"
    text: ClassVar[str] = "nested deeper than {limit} levels"

    limit: int


@dataclass(eq=False)
class TooMany(InputError):
    code: ClassVar[str] = "input.too-many"
    text: ClassVar[str] = "{count} {what}, at most {limit} are allowed"

    what: str
    count: int
    limit: int


@dataclass(eq=False)
class NonCanonical(InputError):
    code: ClassVar[str] = "input.non-canonical"
    text: ClassVar[str] = "bytes are not the canonical encoding of what they hold"
