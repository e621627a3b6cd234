"""Homes for a network on this machine: keys, one development genesis, free ports, commands that run them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.agreement.timeouts import Timeouts
from node.chain.genesis import Genesis
from node.home.config import ApiPart, NetworkPart, NodeConfig, NodePart, RoleName, SolverPart
from node.home.config_file import read_config
from node.home.development import accounts, development_genesis
from node.home.genesis_file import GenesisFile, read_genesis
from node.home.making import PublicKeys, make_keys, multiaddr, public_keys, settle_in
from node.home.paths import Home
from node.home.secrets import read_secret
from node.livedemo.desk import Endpoint

LOOPBACK: Final = "127.0.0.1"
#: Where nothing listens on any machine that is well kept (tcpmux).
NOBODYS_PORT: Final = 1
_RUN: Final = "import sys; from node.cli.main import main; sys.exit(main())"
_TIED: Final = "from node.livedemo.lifeline import end_with_parent; end_with_parent(); "
#: (who dials, who is dialled, its port) -> the port to dial instead.
Through = Callable[[str, str, int], int]


@dataclass(frozen=True, slots=True)
class NodeWanted:
    """``spec``: what answers auctions there, a built-in's name, a .py file or a URL; nothing when empty."""

    name: str
    role: RoleName = RoleName.VALIDATOR
    spec: str = ""


@dataclass(frozen=True, slots=True)
class MadeNode:
    """A home that is ready to run. ``port`` is where other nodes find it."""

    wanted: NodeWanted
    home: Home
    peer: str
    port: int
    api_port: int
    token: str

    @property
    def name(self) -> str:
        return self.wanted.name

    @property
    def role(self) -> str:
        return self.wanted.role.value

    @property
    def votes(self) -> bool:
        return self.wanted.role is RoleName.VALIDATOR

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.name, self.role, self.url, self.token)

    @property
    def log(self) -> Path:
        return self.home.path / "node.log"

    @property
    def command(self) -> tuple[str, ...]:
        """To be started with a pipe on its standard input: it ends when that does."""
        return tied_walras("node", "run", "--home", str(self.home.path))


def walras(*arguments: str) -> tuple[str, ...]:
    """The command line of this very installation."""
    return (sys.executable, "-c", _RUN, *arguments)


def tied_walras(*arguments: str) -> tuple[str, ...]:
    """The same, ending with whoever starts it."""
    return (sys.executable, "-c", _TIED + _RUN, *arguments)


def make_homes(
    root: Path,
    wanted: Sequence[NodeWanted],
    timeouts: Timeouts,
    *,
    through: Through | None = None,
    changed: Callable[[Genesis], Genesis] = lambda genesis: genesis,
) -> list[MadeNode]:
    """New homes in ``root``, one a node. Each dials all validators, ``through`` other ports or not.

    ``changed`` may alter the development genesis. Raises ``HomeExists`` where a home is in the way.
    """
    ports = free_ports(2 * len(wanted))
    keys = [_keys(root, one) for one in wanted]
    genesis = development_genesis(
        "development",
        [key.validator for key in keys if key.validator is not None],
        [(one.name, key.solver) for one, key in zip(wanted, keys, strict=True) if key.solver is not None],
    )
    made = [
        _made(root, one, key.peer, *ports[2 * number : 2 * number + 2])
        for number, (one, key) in enumerate(zip(wanted, keys, strict=True))
    ]
    # Whoever joins by the genesis file alone finds the validators by it, where there is nothing in between.
    first = () if through else tuple(multiaddr(LOOPBACK, one.port, one.peer) for one in made if one.votes)
    file = GenesisFile(changed(genesis), timeouts, first, accounts())
    for one in made:
        _settle(one, made, file, through)
    return made


def add_home(
    root: Path, wanted: NodeWanted, others: Sequence[MadeNode], *, through: Through | None = None
) -> MadeNode:
    """One more home, for a node that joins the network of ``others`` later."""
    keys = _keys(root, wanted)
    made = _made(root, wanted, keys.peer, *free_ports(2))
    _settle(made, others, read_genesis(others[0].home.genesis), through)
    return made


def read_home(path: Path) -> MadeNode:
    """A home made earlier."""
    home = Home(path)
    config = read_config(home.config, {}, {})
    assert config.network is not None
    port = int(config.network.listen[0].rsplit("/", 1)[1])
    wanted = NodeWanted(config.node.name, config.node.role, config.solver.spec)
    return _made(path.parent, wanted, public_keys(home).peer, port, config.api.port)


def free_ports(count: int) -> list[int]:
    """So many ports of the loopback interface that nobody listens on at the moment, all different."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in taken]


def _keys(root: Path, wanted: NodeWanted) -> PublicKeys:
    validator = wanted.role is RoleName.VALIDATOR
    return make_keys(Home(root / wanted.name), validator=validator, solver=bool(wanted.spec))


def _settle(one: MadeNode, nodes: Sequence[MadeNode], file: GenesisFile, through: Through | None) -> None:
    bootstrap = tuple(
        multiaddr(LOOPBACK, through(one.name, other.name, other.port) if through else other.port, other.peer)
        for other in nodes
        if other.votes and other.name != one.name
    )
    # Where there are ports in between nobody is told the real ones: the way through is to be the only one.
    announce = (multiaddr(LOOPBACK, NOBODYS_PORT, one.peer),) if through else ()
    config = NodeConfig(
        NodePart(one.name, one.wanted.role),
        NetworkPart(listen=(multiaddr(LOOPBACK, one.port),), bootstrap=bootstrap, announce=announce),
        ApiPart(port=one.api_port),
        SolverPart(one.wanted.spec),
    )
    settle_in(one.home, file, config)


def _made(root: Path, wanted: NodeWanted, peer: str, port: int, api_port: int) -> MadeNode:
    home = Home(root / wanted.name)
    return MadeNode(wanted, home, peer, port, api_port, read_secret(home.api_token).hex())
