"""The law's refusals: one class per rule a solution can break, each with the values it compared.

    LawError                                                                        exit 5
    ├── shape      NotAnInteger · TooManyInteractions · NothingFilled
    ├── orders     UnknownOrder · DuplicateFill · WrongNetwork · IdMismatch · BadSignature
    │              NotYetValid · Expired · ReservedForAnother
    ├── fills      NegativeAmount · AmountTooLarge · NothingExecuted · ExceedsRemaining
    │              PartialFillOfWhole · BelowMinimumFill
    ├── fees       FeeNotAllowed · FeeAboveMaximum
    ├── prices     MissingPrice · NonPositivePrice · PriceTooLarge · UnknownPricedAsset
    ├── limits     LimitNotMet
    ├── baskets    LegsOnSwap · LegCountMismatch · ReferenceLegMismatch · GivesTooMuch
    │              BasketUnderpaid · BasketOverpaid · PolicyNotForBaskets
    ├── venues     UnknownVenue · VenueRefused · OutputOverstated · OutputUnderstated
    ├── assets     NotConserved · LeftoversTooLarge · UnpricedLeftover · BalanceExceeded
    ├── proofs     CertificateError and those below it (settlement.certificate.errors): void nothing
    └── score      NegativeSurplus · MissingReferencePrice · BadFeePolicy · WorthNothing

``where`` names the fill, interaction, asset or field. Anyone holding the auction and the solution
can recompute both compared values.
"""

from __future__ import annotations

from settlement.order_errors import (
    AmountTooLarge,
    BadSignature,
    BelowMinimumFill,
    DuplicateFill,
    ExceedsRemaining,
    Expired,
    FeeAboveMaximum,
    FeeNotAllowed,
    IdMismatch,
    LawError,
    NegativeAmount,
    NotAnInteger,
    NothingExecuted,
    NothingFilled,
    NotYetValid,
    PartialFillOfWhole,
    ReservedForAnother,
    TooManyInteractions,
    UnknownOrder,
    WrongNetwork,
)
from settlement.value_errors import (
    BadFeePolicy,
    BalanceExceeded,
    BasketOverpaid,
    BasketUnderpaid,
    GivesTooMuch,
    LeftoversTooLarge,
    LegCountMismatch,
    LegsOnSwap,
    LimitNotMet,
    MissingPrice,
    MissingReferencePrice,
    NegativeSurplus,
    NonPositivePrice,
    NotConserved,
    OutputOverstated,
    OutputUnderstated,
    PolicyNotForBaskets,
    PriceTooLarge,
    ReferenceLegMismatch,
    UnknownPricedAsset,
    UnknownVenue,
    UnpricedLeftover,
    VenueRefused,
    WorthNothing,
)

__all__ = [
    "AmountTooLarge",
    "BadFeePolicy",
    "BadSignature",
    "BalanceExceeded",
    "BasketOverpaid",
    "BasketUnderpaid",
    "BelowMinimumFill",
    "DuplicateFill",
    "ExceedsRemaining",
    "Expired",
    "FeeAboveMaximum",
    "FeeNotAllowed",
    "GivesTooMuch",
    "IdMismatch",
    "LawError",
    "LeftoversTooLarge",
    "LegCountMismatch",
    "LegsOnSwap",
    "LimitNotMet",
    "MissingPrice",
    "MissingReferencePrice",
    "NegativeAmount",
    "NegativeSurplus",
    "NonPositivePrice",
    "NotAnInteger",
    "NotConserved",
    "NotYetValid",
    "NothingExecuted",
    "NothingFilled",
    "OutputOverstated",
    "OutputUnderstated",
    "PartialFillOfWhole",
    "PolicyNotForBaskets",
    "PriceTooLarge",
    "ReferenceLegMismatch",
    "ReservedForAnother",
    "TooManyInteractions",
    "UnknownOrder",
    "UnknownPricedAsset",
    "UnknownVenue",
    "UnpricedLeftover",
    "VenueRefused",
    "WorthNothing",
    "WrongNetwork",
]
