"""Why a certificate proves nothing, or less than it says: one class per reason, with the values compared.

    LawError
    └── CertificateError
        ├── UnknownCertificate    a kind that nobody here can check
        ├── MalformedCertificate  parts missing, of the wrong type, too many
        ├── TooManyDigits         a number longer than any price needs
        ├── UnknownPrice          a price for an asset that the auction does not have
        ├── WeightOutOfRange      a weight of costs outside 0 … 1
        ├── PriceTooLow           no feasible dual: surplus or leftovers are worth more than the price says
        ├── TooMuchWork           more cells than anyone need look at
        ├── NotForThisAuction     an argument that does not hold for orders and venues like these
        └── Overclaimed           the stated bound is lower than what the prices prove

None of them voids the solution that carries the certificate: its score does not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settlement.errors import LawError


@dataclass(eq=False)
class CertificateError(LawError):
    code: ClassVar[str] = "certificate"


@dataclass(eq=False)
class UnknownCertificate(CertificateError):
    code: ClassVar[str] = "certificate.unknown-kind"
    text: ClassVar[str] = "nobody here can check certificates of kind {kind}"

    kind: str


@dataclass(eq=False)
class MalformedCertificate(CertificateError):
    code: ClassVar[str] = "certificate.malformed"
    text: ClassVar[str] = "expected {expected}"

    expected: str


@dataclass(eq=False)
class TooManyDigits(CertificateError):
    code: ClassVar[str] = "certificate.too-many-digits"
    text: ClassVar[str] = "{digits} digits, at most {most} are allowed"

    digits: int
    most: int


@dataclass(eq=False)
class TooMuchWork(CertificateError):
    code: ClassVar[str] = "certificate.too-much-work"
    text: ClassVar[str] = "{cells} cells for {orders} orders: their product may be {most} at most"

    cells: int
    orders: int
    most: int


@dataclass(eq=False)
class UnknownPrice(CertificateError):
    code: ClassVar[str] = "certificate.unknown-asset"
    text: ClassVar[str] = "the auction has no asset {asset}"

    asset: str


@dataclass(eq=False)
class WeightOutOfRange(CertificateError):
    code: ClassVar[str] = "certificate.weight"
    text: ClassVar[str] = "the weight of costs is {weight}, not in 0 … 1"

    weight: str


@dataclass(eq=False)
class PriceTooLow(CertificateError):
    code: ClassVar[str] = "certificate.price-too-low"
    text: ClassVar[str] = "the price {price} is below {least}, what a unit counts in the score"

    price: str
    least: str


@dataclass(eq=False)
class NotForThisAuction(CertificateError):
    code: ClassVar[str] = "certificate.not-for-this-auction"
    text: ClassVar[str] = "a certificate of kind {kind} proves nothing here: {reason}"

    kind: str
    reason: str


@dataclass(eq=False)
class Overclaimed(CertificateError):
    code: ClassVar[str] = "certificate.overclaimed"
    text: ClassVar[str] = "states the bound {stated}, its prices prove no less than {proven}"

    stated: int
    proven: int
