"""walras.toml: layers, defaults, and refusals that name the place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from intents.errors import InputError
from node.home.config import LightPart, NetworkPart, NodeConfig, RoleName, SolverPart
from node.home.config_file import config_of, config_text, read_config
from node.home.config_keys import KEYS
from node.home.opening import rates_of
from node.live.settings import Rates

PEER = "12D3KooWMbbPVGsZYh3ChQjue712NHHGNybRRXwnuSpezYjGbCDS"


def test_home_config_defaults() -> None:
    """Nothing said is a validator alone on loopback."""
    config = read_config(None, {}, {})
    assert config == NodeConfig()
    assert config.network is None
    assert (config.api.host, config.api.port) == ("127.0.0.1", 8645)


def test_home_config_default_rates_are_the_nodes_own() -> None:
    """What a node takes from one neighbour was measured: unasked, the settings do not say otherwise."""
    assert rates_of(read_config(None, {}, {})) == Rates()


def test_home_config_layers(tmp_path: Path) -> None:
    """A flag beats a variable, which beats the file, which beats the default."""
    path = tmp_path / "walras.toml"
    path.write_text('[node]\nname = "file"\n[api]\nport = 1\nhost = "::1"\n')
    environment = {"WALRAS_API_PORT": "2", "WALRAS_NODE_NAME": "variable"}
    config = read_config(path, environment, {("api", "port"): "3"})
    assert (config.node.name, config.api.port, config.api.host) == ("variable", 3, "::1")
    assert config.node.role is RoleName.VALIDATOR


def test_home_config_lists() -> None:
    """Variables give lists with commas, and a network where the file has none."""
    address = f"/ip4/10.0.0.1/tcp/8644/p2p/{PEER}"
    config = config_of({}, "", {"WALRAS_NETWORK_BOOTSTRAP": f"{address},{address}", "WALRAS_NETWORK_LISTEN": ""})
    assert config.network == NetworkPart(listen=(), bootstrap=(address, address))


def test_home_config_round_trip() -> None:
    """What is printed is read again as the same, every key of it."""
    config = NodeConfig(
        network=NetworkPart(bootstrap=(f"/dns/a.example/tcp/1/p2p/{PEER}",), deny=(PEER,)),
        solver=SolverPart("walras", 1.5),
        light=LightPart(("http://127.0.0.1:8645",)),
    )
    text = config_text(config)
    assert config_of(tomllib.loads(text), "x") == config
    for key in KEYS:
        assert f"\n{key.name} = " in text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[nodes]", 'unknown field "nodes"; did you mean "node"'),
        ("[api]\nprot = 1", 'unknown field "prot"; did you mean "port"'),
        ("[api]\nport = 65536", "api.port"),
        ("[api]\nport = true", "api.port"),
        ('[api]\nhost = "a b"', "api.host"),
        ('[api]\nallowed_hosts = "a"', "api.allowed_hosts"),
        ('[api]\nallowed_origins = ["ftp://x"]', "api.allowed_origins[0]"),
        ('[node]\nrole = "king"', "node.role"),
        ('[node]\nname = ""', "node.name"),
        ('[network]\nlisten = ["localhost:80"]', "network.listen[0]"),
        ('[network]\nlisten = ["/ip4/1.2.3.4/tcp/70000"]', "network.listen[0]"),
        ('[network]\nbootstrap = ["/ip4/1.2.3.4/tcp/1"]', "/p2p/"),
        ('[network]\ndeny = ["me"]', "network.deny[0]"),
        ("[solver]\nseconds = nan", "solver.seconds"),
        ("[solver]\nseconds = 1e9", "solver.seconds"),
        ('[solver]\nseconds = "soon"', "solver.seconds"),
        ("[solver]\nseconds = [1]", "solver.seconds"),
        ("[limits]\nconnections = 0", "limits.connections"),
        ("node = 3", "node"),
        ("[node", "not TOML"),
    ],
)
def test_home_config_refusals(tmp_path: Path, text: str, where: str) -> None:
    """Unknown, ill-typed and senseless settings are refused with file, section and key."""
    path = tmp_path / "walras.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_config(path, {}, {})
    assert str(path) in str(refused.value)
    assert where in str(refused.value)


def test_home_config_variable_named() -> None:
    """A wrong variable or flag is called by its own name."""
    with pytest.raises(InputError, match="WALRAS_API_PORT"):
        config_of({}, "", {"WALRAS_API_PORT": "x"})
    with pytest.raises(InputError, match="--api-port"):
        config_of({}, "", {}, {("api", "port"): "x"})


def test_home_config_flags_differ() -> None:
    """No two keys share a flag or a variable."""
    assert len({key.flag for key in KEYS}) == len({key.variable for key in KEYS}) == len(KEYS)
