"""Forms of the node itself and its chain: what they are called in the schema is what they are called here.

Field names are those of ``node.served`` and ``node.history.base``, which say what they mean.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Hex = Annotated[str, Meta(pattern="^0x([0-9a-f]{2})*$", description="bytes in hex")]
Amount = Annotated[str, Meta(pattern="^-?[0-9]{1,80}$", description="an integer in base units, in decimal")]
#: Fractions in lowest terms.
Ratio = Annotated[str, Meta(pattern="^-?[0-9]+/[0-9]+$", description="n/d")]
PhaseName = Literal["batch", "seal", "settle"]
RoleName = Literal["validator", "solver", "full", "light"]


class StatusForm(Struct):
    name: str
    role: RoleName
    peer: str
    network: Hex
    version: str
    height: int
    round: int
    auction: int
    phase: PhaseName
    root: Hex
    validators: int
    waiting: int
    acknowledged: int
    peers: int
    ready: bool
    trouble: str
    started_ms: int


class LiveForm(Struct):
    live: bool


class ReadyForm(Struct):
    ready: bool
    trouble: str


class PeerForm(Struct):
    peer: str
    name: str
    role: RoleName
    key: Hex
    address: str
    height: int
    direct: bool
    neighbours: list[str]
    seen_ms: int


class PeersForm(Struct):
    """This node first."""

    peers: list[PeerForm]


class ValidatorForm(Struct):
    """``name`` is what its node was last heard to call itself; empty where it was not heard."""

    key: Hex
    name: str
    power: int


class SolverForm(Struct):
    """``bond`` in base units of the numeraire; ``leaving_at`` and ``idle_until`` are auctions, 0 for none."""

    account: Hex
    name: str
    bond: Amount
    leaving_at: int
    idle_until: int


class NetworkForm(Struct):
    """``rules`` in the form of the ledger's table of that name (docs/ledger.md)."""

    network: Hex
    numeraire: str
    auction: int
    trading: Literal["active", "reducing", "halted"]
    validators: list[ValidatorForm]
    solvers: list[SolverForm]
    rules: dict[str, Any]


class BlockForm(Struct):
    height: int
    auction: int
    phase: PhaseName
    block: Hex
    root: Hex
    round: int
    proposer: Hex
    items: int
    refused: int
    at_ms: int


class DamagedForm(Struct):
    """A row that the node's disk has changed: its number (a height, an auction's, an intent's place in the order
    they came), and what shows it."""

    key: Amount
    why: str


class BlocksForm(Struct):
    """Newest first; ``next`` goes into ``before`` for the page after, null after the last. What is ``damaged`` on
    the node's disk is named and left out."""

    blocks: list[BlockForm]
    damaged: list[DamagedForm]
    next: int | None
