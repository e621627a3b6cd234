"""Homes: alone, as a network, and joined by several owners."""

from __future__ import annotations

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.id import ID

from intents.errors import InputError, UsageError, WalrasError
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.chain.genesis import network_of
from node.embedded import folder
from node.embedded.errors import BadKeyFile
from node.home.config import LightPart, NetworkPart, RoleName
from node.home.config_file import read_config
from node.home.entry import Entry
from node.home.errors import HomeError, HomeExists
from node.home.genesis_file import read_genesis
from node.home.joining import JoinPlan, genesis_from, join
from node.home.making import entry_of, make_keys, public_keys
from node.home.networks import NetworkPlan, SinglePlan, network, single
from node.home.opening import live_settings
from node.home.paths import Home, default_home
from node.home.peer_id import peer_id
from node.home.running import announced, running_url
from node.home.secrets import new_secret, read_secret, write_secret
from node.live.errors import LostStore
from node.live.opening import open_live
from node.storage.store import Store
from settlement.ledger.rules import rules_of


def test_home_single_is_whole(tmp_path: Path) -> None:
    """A single home has its keys for its owner alone, and a ledger of its genesis."""
    home = Home(tmp_path / "home")
    single(home, SinglePlan())
    for path in home.keys:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    genesis = read_genesis(home.genesis)
    keys = public_keys(home)
    assert [one.key for one in genesis.genesis.validators] == [keys.validator]
    with Store(home.store, None) as store:
        assert rules_of(store.load()).network == network_of(genesis.genesis)
    assert read_config(home.config, {}, {}).network is None


def test_home_is_never_overwritten(tmp_path: Path) -> None:
    """Making a home where one is changes nothing there."""
    home = Home(tmp_path)
    single(home, SinglePlan())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(HomeExists):
        single(home, SinglePlan())
    with pytest.raises(HomeExists):
        make_keys(home, validator=True, solver=False)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_home_peer_id_is_libp2ps() -> None:
    """Our peer id of a key is the one libp2p computes."""
    for number in range(5):
        seed = bytes([number]) * 32
        expected = ID.from_pubkey(create_new_key_pair(seed).public_key)
        assert peer_id(SigningKey.from_seed(seed).public) == str(expected)


def test_home_network_shares_one_genesis(tmp_path: Path) -> None:
    """Every home of a network has the same genesis, ports of its own, and the others' addresses."""
    places = network(tmp_path, NetworkPlan(validators=3, solvers=2, full=1, base_port=9_000))
    texts = {place.home.genesis.read_text() for place in places}
    assert len(texts) == 1
    genesis = read_genesis(places[0].home.genesis)
    assert len(genesis.genesis.validators) == 3
    assert sorted(name for name, _ in genesis.genesis.bonds.values()) == ["walras-s0", "walras-s1"]
    ports = [port for place in places for port in (place.port, place.api_port)]
    assert len(set(ports)) == 12
    for place in places:
        config = read_config(place.home.config, {}, {})
        assert config.network is not None
        own = public_keys(place.home).peer
        assert len(config.network.bootstrap) == (2 if place.role is RoleName.VALIDATOR else 3)
        assert not any(own in address for address in config.network.bootstrap)
        assert config.node.role is place.role


def test_home_network_without_solvers_has_one(tmp_path: Path) -> None:
    """Where no solver nodes are asked for, the first validator answers auctions."""
    places = network(tmp_path, NetworkPlan(validators=2))
    assert [place.spec for place in places] == ["walras", ""]


def test_home_network_over_machines(tmp_path: Path) -> None:
    """Named machines are dialled by name, and each listens on all its addresses."""
    places = network(tmp_path, NetworkPlan(validators=2, hosts=("a.example", "10.0.0.2")))
    genesis = read_genesis(places[0].home.genesis)
    assert [address.rsplit("/p2p/")[0] for address in genesis.bootstrap] == [
        "/dns/a.example/tcp/8644",
        "/ip4/10.0.0.2/tcp/8644",
    ]
    config = read_config(places[1].home.config, {}, {})
    assert config.network is not None
    assert config.network.listen == ("/ip4/0.0.0.0/tcp/8644",)


def test_home_with_an_ipv6_host_listens_there(tmp_path: Path) -> None:
    """Whichever way it is made: a listener of IPv4 alone would never be reached at the address it announces."""
    homes = [Home(tmp_path / name) for name in ("alone", "joins")]
    single(homes[0], SinglePlan(host="fd77::1"))
    join(homes[1], read_genesis(homes[0].genesis), JoinPlan(host="fd77::2"))
    homes += [place.home for place in network(tmp_path / "net", NetworkPlan(validators=2, hosts=("fd77::1", "b")))]
    parts = [read_config(home.config, {}, {}).network for home in homes]
    listens = [part.listen for part in parts if part is not None]
    assert listens == [("/ip6/::/tcp/8644",)] * 3 + [("/ip4/0.0.0.0/tcp/8644",)]


@pytest.mark.parametrize(
    "plan",
    [NetworkPlan(validators=0), NetworkPlan(validators=2, hosts=("a",)), NetworkPlan(base_port=65_530)],
)
def test_home_network_refuses_impossible_plans(tmp_path: Path, plan: NetworkPlan) -> None:
    """A plan that cannot be makes nothing."""
    with pytest.raises(UsageError):
        network(tmp_path, plan)
    assert not list(tmp_path.iterdir())


def test_home_of_several_owners(tmp_path: Path) -> None:
    """Two owners make keys, one collects the entries, both join, and a third follows."""
    homes = [Home(tmp_path / name) for name in ("a", "b", "c")]
    for home in homes[:2]:
        make_keys(home, validator=True, solver=home is homes[0])
    entries = [entry_of(homes[0], "a", "10.0.0.1", 9_000), entry_of(homes[1], "b", "b.example", 8_644)]
    genesis = genesis_from(entries, "ours", Timeouts())
    configs = [join(home, genesis, JoinPlan()) for home in homes]
    assert [config.node.role for config in configs] == [RoleName.VALIDATOR, RoleName.VALIDATOR, RoleName.FULL]
    networks = [config.network for config in configs]
    assert [network.listen[0] for network in networks if network] == [
        "/ip4/0.0.0.0/tcp/9000",
        "/ip4/0.0.0.0/tcp/8644",
        "/ip4/127.0.0.1/tcp/8644",
    ]
    assert [len(network.bootstrap) for network in networks if network] == [1, 1, 2]
    assert [config.solver.spec for config in configs] == ["walras", "", ""]
    assert homes[0].store.exists()
    assert not homes[2].store.exists()


@pytest.mark.parametrize(
    ("host", "listens"),
    [
        ("127.0.0.3", "/ip4/127.0.0.3/tcp/9000"),
        ("127.0.0.1", "/ip4/127.0.0.1/tcp/9000"),
        ("::1", "/ip6/::1/tcp/9000"),
        ("localhost", "/ip4/127.0.0.1/tcp/9000"),
    ],
)
def test_home_of_several_on_one_machine_listens_where_its_entry_says(
    host: str, listens: str, tmp_path: Path
) -> None:
    """Each on an address of the loopback interface, and nowhere else."""
    homes = [Home(tmp_path / name) for name in ("a", "b")]
    for home in homes:
        make_keys(home, validator=True, solver=False)
    entries = [entry_of(homes[0], "a", host, 9_000), entry_of(homes[1], "b", "b.example", 8_644)]
    config = join(homes[0], genesis_from(entries, "ours", Timeouts()), JoinPlan())
    assert config.network is not None
    assert (config.network.listen, config.network.announce) == ((listens,), ())


@pytest.mark.parametrize(
    "plan",
    [
        JoinPlan(bootstrap=("a.example",)),
        JoinPlan(bootstrap=("/dns/a.example/tcp/8644",)),
        JoinPlan(full_nodes=("a.example:8645",)),
    ],
)
def test_home_is_not_joined_with_addresses_that_its_node_refuses(tmp_path: Path, plan: JoinPlan) -> None:
    """Of peers whole multiaddrs, of full nodes URLs; else nothing is made."""
    single(Home(tmp_path / "other"), SinglePlan(host="10.0.0.1"))
    genesis = read_genesis(tmp_path / "other" / "genesis.json")
    with pytest.raises(InputError, match=r"a URL such as|a multiaddr such as|/p2p/"):
        join(Home(tmp_path / "home"), genesis, plan)
    assert not (tmp_path / "home").exists()


def test_home_of_a_light_client(tmp_path: Path) -> None:
    """It has full nodes to ask and no socket for peers; without one to ask there is no light client."""
    other, home = Home(tmp_path / "other"), Home(tmp_path / "light")
    single(other, SinglePlan(host="10.0.0.1"))
    genesis = read_genesis(other.genesis)
    with pytest.raises(UsageError, match="--full-node"):
        join(home, genesis, JoinPlan(role=RoleName.LIGHT))
    with pytest.raises(UsageError, match="--full-node"):
        join(home, genesis, JoinPlan(role=RoleName.FULL, full_nodes=("http://a",)))
    join(home, genesis, JoinPlan(full_nodes=("http://a:1", "http://b:2")))
    config = read_config(home.config, {}, {})
    assert (config.node.role, config.network, config.light) == (
        RoleName.LIGHT,
        None,
        LightPart(("http://a:1", "http://b:2")),
    )
    assert not home.store.exists()


def test_home_that_others_reach(tmp_path: Path) -> None:
    """It listens on all its addresses and announces the one it was told; the genesis names it."""
    home = Home(tmp_path / "home")
    single(home, SinglePlan(host="a.example", port=9_999))
    address = f"/dns/a.example/tcp/9999/p2p/{public_keys(home).peer}"
    assert read_config(home.config, {}, {}).network == NetworkPart(("/ip4/0.0.0.0/tcp/9999",), announce=(address,))
    assert read_genesis(home.genesis).bootstrap == (address,)


def test_home_join_refusals(tmp_path: Path) -> None:
    """Nobody becomes a validator of a network that does not know its key, and nobody joins twice."""
    other = Home(tmp_path / "other")
    make_keys(other, validator=True, solver=False)
    genesis = genesis_from([entry_of(other, "o", "10.0.0.1", 1)], "theirs", Timeouts())
    late = Home(tmp_path / "late")
    with pytest.raises(UsageError):
        join(late, genesis, JoinPlan(role=RoleName.VALIDATOR))
    make_keys(late, validator=True, solver=False)
    with pytest.raises(HomeError, match="not among"):
        join(late, genesis, JoinPlan(role=RoleName.VALIDATOR))
    join(other, genesis, JoinPlan())
    with pytest.raises(HomeError, match="already"):
        join(other, genesis, JoinPlan())


def test_home_genesis_from_refuses_doubles() -> None:
    """A key or name that comes twice, and a network without validators, are refused."""
    key = SigningKey.from_seed(b"k" * 32).public
    for entries in (
        [Entry("a", validator=key), Entry("b", validator=key)],
        [Entry("a", validator=key), Entry("a")],
        [Entry("a", solver=key)],
    ):
        with pytest.raises((InputError, UsageError)):
            genesis_from(entries, "x", Timeouts())


def test_home_secret_files(tmp_path: Path) -> None:
    """A secret is read as written; one that others may read, or that is none, is refused."""
    path, secret = tmp_path / "key", new_secret()
    write_secret(path, secret)
    assert read_secret(path) == secret
    with pytest.raises(HomeExists):
        write_secret(path, secret)
    path.chmod(0o640)
    with pytest.raises(BadKeyFile, match="chmod 600"):
        read_secret(path)
    path.chmod(0o600)
    for text in ("", "zz", "00" * 31, "00" * 33):
        path.write_text(text)
        with pytest.raises(BadKeyFile):
            read_secret(path)
    with pytest.raises(BadKeyFile):
        read_secret(tmp_path)


def test_home_default_follows_xdg() -> None:
    """WALRAS_HOME first, then an absolute XDG_DATA_HOME, then ~/.local/share."""
    assert default_home({"WALRAS_HOME": "/w"}).path == Path("/w")
    assert default_home({"XDG_DATA_HOME": "/data"}).path == Path("/data/walras")
    for environment in ({}, {"XDG_DATA_HOME": "relative"}):
        assert default_home(environment).path == Path.home() / ".local/share/walras"


def test_home_names_are_the_folders() -> None:
    """A home's store, keys, lock and scratch folder are where the node that runs in it looks for them."""
    home = Home(Path("/h"))
    places = (home.store, home.validator_key, home.solver_key, home.lock, home.scratch)
    assert [place.name for place in places] == [
        folder.STORE,
        folder.VALIDATOR,
        folder.SOLVER,
        folder.LOCK,
        folder.SCRATCH,
    ]


def test_home_running_url(tmp_path: Path) -> None:
    """The URL is told while the node runs, and nothing else is taken for one."""
    home = Home(tmp_path)
    assert running_url(home) is None
    with announced(home, "http://127.0.0.1:1234"):
        assert running_url(home) == "http://127.0.0.1:1234"
    assert running_url(home) is None
    (tmp_path / "api.url").write_text("javascript:alert(1)")
    assert running_url(home) is None


async def test_home_whose_ledger_is_gone_with_all_its_marks_does_not_vote_anew(tmp_path: Path) -> None:
    """The ledger was made with the home: a key without it may have voted, and alone there is nobody to ask."""
    home = Home(tmp_path / "home")
    single(home, SinglePlan())
    config, genesis = read_config(home.config, {}, {}), read_genesis(home.genesis)
    async with open_live(live_settings(home, config, genesis, None, None)) as node:
        assert node.status().validators == 1
    for _ in range(2):
        for path in home.path.glob("node.sqlite*"):
            path.unlink()
        with pytest.raises(LostStore):
            async with open_live(live_settings(home, config, genesis, None, None)):
                pass


@pytest.mark.parametrize(
    "host", ["1.2.3.999", "1.2.3", "1.2.3.4.5", "1", "::12345", "a:b:c", "::1%lo", "a b", "", "a/b"]
)
def test_home_hosts_that_cannot_be_are_refused(host: str, tmp_path: Path) -> None:
    """Where others would look for the node for ever; nothing is made."""
    with pytest.raises(UsageError, match="host name or IP address"):
        single(Home(tmp_path / "home"), SinglePlan(host=host))
    assert not (tmp_path / "home").exists()


@contextmanager
def room_of(size: int) -> Iterator[None]:
    """No file of this process may become longer, as if the disk were full then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 40, 3_000], ids=["no key", "half a key", "no ledger"])
def test_home_that_cannot_be_made_whole_is_in_nobodys_way(room: int, tmp_path: Path) -> None:
    """On a full disk nothing of it stays; once there is room the same is made. Keys from before are left alone."""
    single(Home(tmp_path / "other"), SinglePlan(host="10.0.0.1"))
    genesis = read_genesis(Home(tmp_path / "other").genesis)
    early = Home(tmp_path / "early")
    kept = make_keys(early, validator=False, solver=False)
    plan = NetworkPlan(validators=2)

    def make() -> Iterator[Callable[[], object]]:
        yield lambda: single(Home(tmp_path / "one"), SinglePlan())
        yield lambda: network(tmp_path / "net", plan)
        yield lambda: join(Home(tmp_path / "late"), genesis, JoinPlan())
        yield lambda: join(early, genesis, JoinPlan(spec="walras"))

    for made in make():
        with room_of(room), pytest.raises((WalrasError, OSError)):
            made()
        made()
    assert public_keys(early).peer == kept.peer


def test_a_lost_identity_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Others dial the node by its peer id: one that is made anew they do not know."""
    home = Home(tmp_path / "a")
    single(home, SinglePlan())
    config, genesis = read_config(home.config, {}, {}), read_genesis(home.genesis)
    live_settings(home, config, genesis, None, None)
    assert caplog.messages == []
    home.identity_key.unlink()
    live_settings(home, config, genesis, None, None)
    assert f"this is peer {public_keys(home).peer} now" in caplog.text
