"""What the demonstration knows of its nodes: their HTTP interface, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from intents.assets import AssetId
from node.livedemo.trading import Traded

#: A node on the same machine that takes longer than this is busy or gone.
TIMEOUT_S: Final = 5.0
#: Auctions asked for at once; more than can settle between two looks.
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node listens. ``role`` is validator, solver or full."""

    name: str
    role: str
    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A node's word about itself at one moment."""

    name: str
    role: str
    height: int
    round: int
    auction: int
    phase: str
    root: str
    waiting: int
    acknowledged: int
    peers: int
    ready: bool
    trouble: str


@dataclass(frozen=True, slots=True)
class Settled:
    """An auction that has settled."""

    number: int
    intents: int
    filled: int
    solutions: int
    winners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """The network's hash, its numeraire, and the assets that have a price."""

    network: bytes
    numeraire: AssetId
    assets: tuple[Traded, ...]


class Desk:
    """Asks and tells nodes. A node that does not answer is ``None``, never an exception."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ready(self, endpoint: Endpoint) -> bool:
        answer = await self._get(endpoint, "/health/ready")
        return answer is not None and answer.status_code == httpx.codes.OK

    async def status(self, endpoint: Endpoint) -> Seen | None:
        found = await self._read(endpoint, "/v1/status")
        return None if found is None else _seen(endpoint, found)

    async def auctions(self, endpoint: Endpoint) -> Sequence[Settled] | None:
        """The latest, newest first."""
        found = await self._read(endpoint, f"/v1/auctions?limit={PAGE}")
        return None if found is None else [_settled(row) for row in found["auctions"]]

    async def market(self, endpoint: Endpoint) -> Market | None:
        assets, network = await self._read(endpoint, "/v1/assets"), await self._read(endpoint, "/v1/network")
        return None if assets is None or network is None else market_of(assets, network)

    async def submit(self, endpoint: Endpoint, item: bytes) -> bool:
        """Whether the node acknowledged the item: it is on its disk then."""
        try:
            answer = await self._client.post(
                f"{endpoint.url}/v1/intents",
                json={"item": "0x" + item.hex()},
                headers={"Authorization": f"Bearer {endpoint.token}"},
            )
        except httpx.HTTPError:
            return False
        return answer.status_code in (httpx.codes.OK, httpx.codes.ACCEPTED)

    async def _read(self, endpoint: Endpoint, path: str) -> Mapping[str, Any] | None:
        answer = await self._get(endpoint, path)
        if answer is None or answer.status_code != httpx.codes.OK:
            return None
        found: Mapping[str, Any] = answer.json()
        return found

    async def _get(self, endpoint: Endpoint, path: str) -> httpx.Response | None:
        try:
            return await self._client.get(endpoint.url + path)
        except httpx.HTTPError:
            return None


def open_client() -> httpx.AsyncClient:
    """A client that keeps its connections and heeds no proxy of the environment."""
    return httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)


def _seen(endpoint: Endpoint, found: Mapping[str, Any]) -> Seen:
    return Seen(
        endpoint.name,
        endpoint.role,
        found["height"],
        found["round"],
        found["auction"],
        str(found["phase"]),
        found["root"],
        found["waiting"],
        found["acknowledged"],
        found["peers"],
        found["ready"],
        found["trouble"],
    )


def _settled(row: Mapping[str, Any]) -> Settled:
    return Settled(row["number"], row["intents"], row["filled"], row["solutions"], tuple(row["winners"]))


def market_of(assets: Mapping[str, Any], network: Mapping[str, Any]) -> Market:
    """From what ``/v1/assets`` and ``/v1/network`` say."""
    traded = [
        Traded(AssetId(row["id"]), int(row["decimals"]), int(row["reference_price"]))
        for row in assets["assets"]
        if row.get("reference_price") is not None
    ]
    return Market(bytes.fromhex(network["network"][2:]), AssetId(network["numeraire"]), tuple(traded))
