"""From a home and its configuration to what a live node and its interface are opened with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from intents.errors import UsageError
from intents.signing import SigningKey
from node.api.settings import ApiSettings
from node.api.settings import Limits as ApiLimits
from node.chain.genesis import build
from node.embedded.errors import BadKeyFile
from node.embedded.folder import solver_key, validator_key
from node.embedded.node import Solving
from node.home.config import NodeConfig, RoleName
from node.home.errors import NoHome
from node.home.genesis_file import GenesisFile
from node.home.making import check_votes
from node.home.paths import Home
from node.home.peer_id import peer_id
from node.home.secrets import read_or_create_secret
from node.light.settings import LightSettings
from node.live.marks import Marks
from node.live.settings import LiveSettings, Rates
from node.served import Role
from node.solving import SolverKey

if TYPE_CHECKING:
    from p2p.libp2p.transport import Settings

_LOG = logging.getLogger("walras.home")
#: What is left of the window for solving is for handing over, sealing and sending.
_SHARE = 0.7


def check_home(home: Home) -> None:
    """Raises ``NoHome`` where there are keys and no network yet."""
    if not home.genesis.exists():
        raise NoHome(str(home.path), "has keys and no genesis yet: `walras init --join GENESIS`")


def solver_of(home: Home, config: NodeConfig) -> SolverKey | None:
    """The key answers are sealed with; ``None`` where nothing is to answer. Raises ``BadKeyFile``."""
    if not config.solver.spec:
        return None
    key = solver_key(home.path)
    if key is None:
        raise BadKeyFile(str(home.solver_key), 'is not there, and solver.spec is set; "" answers no auctions')
    return key


def solver_seconds(config: NodeConfig, genesis: GenesisFile) -> float:
    """How long an answer may take."""
    return config.solver.seconds or _SHARE * genesis.timeouts.window_ms[1] / 1000


def live_settings(
    home: Home,
    config: NodeConfig,
    genesis: GenesisFile,
    solver: SolverKey | None,
    solving: Solving | None,
) -> LiveSettings:
    """Raises ``BadKeyFile`` or ``HomeError`` where keys and role do not go together."""
    validates = config.node.role is RoleName.VALIDATOR
    if validates:
        check_votes(home, genesis)
    key = validator_key(home.path) if validates else None
    if key is not None and not home.store.exists():
        # It was made together with the home, see ``settle_in``: gone with all its marks, it is gone all the same.
        Marks(home.store, key.public).had_store()
    seed = _identity(home)
    return LiveSettings(
        store=home.store,
        history=home.history,
        first=build(genesis.genesis),
        timeouts=genesis.timeouts,
        role=Role(config.node.role.value),
        seed=seed,
        name=config.node.name,
        key=key,
        solver=solver,
        solving=solving,
        transport=None if config.network is None else _transport(home, config, seed),
        announce=() if config.network is None else config.network.announce,
        rates=rates_of(config),
    )


def _identity(home: Home) -> bytes:
    """The seed of this node's peer id; one that was lost is made anew, and told of."""
    lost = not home.identity_key.exists()
    seed = read_or_create_secret(home.identity_key)
    if lost:
        _LOG.warning(
            "%s was gone and is made anew: this is peer %s now, and not reached by who dials it by its old id",
            home.identity_key,
            peer_id(SigningKey.from_seed(seed).public),
        )
    return seed


def light_settings(home: Home, config: NodeConfig, genesis: GenesisFile) -> LightSettings:
    """Raises ``UsageError`` where nobody is named to ask."""
    if config.light is None or not config.light.full_nodes:
        raise UsageError("light.full_nodes", "a light client needs the URL of at least one full node")
    first = build(genesis.genesis)
    return LightSettings(first, config.light.full_nodes, config.node.name, trust=home.header)


def api_settings(home: Home, config: NodeConfig) -> ApiSettings:
    """With the token in ``api.token``, made where there is none."""
    return ApiSettings(
        token=read_or_create_secret(home.api_token).hex(),
        host=config.api.host,
        port=config.api.port,
        hosts=config.api.allowed_hosts,
        origins=config.api.allowed_origins,
        limits=ApiLimits(
            requests_per_s=config.limits.requests_per_s, requests_burst=4 * config.limits.requests_per_s
        ),
    )


def rates_of(config: NodeConfig) -> Rates:
    """How fast items are taken in."""
    owner, peer = config.limits.owner_items_per_s, config.limits.peer_items_per_s
    return Rates(owner_per_s=owner, owner_burst=10 * owner, peer_per_s=peer, peer_burst=8 * peer)


def _transport(home: Home, config: NodeConfig, seed: bytes) -> Settings:
    from p2p.base import Limits
    from p2p.libp2p.transport import Settings

    network, limits = config.network, config.limits
    assert network is not None
    return Settings(
        seed=seed,
        listen=network.listen,
        bootstrap=network.bootstrap,
        allow=frozenset(network.allow),
        deny=frozenset(network.deny),
        peer_file=home.peers,
        limits=Limits(
            connections=limits.connections,
            peer_messages_per_s=limits.peer_messages_per_s,
            peer_burst_messages=2 * limits.peer_messages_per_s,
            peer_bytes_per_s=limits.peer_bytes_per_s,
            peer_burst_bytes=2 * limits.peer_bytes_per_s,
        ),
    )
