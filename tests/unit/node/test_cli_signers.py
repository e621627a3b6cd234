"""Who signs and which node: what the options of commands say, as the records that their decorators hand over."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import click
import pytest

from intents.errors import UsageError, WrongValue
from intents.signing import SigningKey
from node.cli.command import Command, Settings
from node.cli.nodes import NodeChoice, node_options, url_of
from node.cli.run import run
from node.cli.signers import Signer, signer_options
from node.home.secrets import read_secret, write_secret
from node.keystore.errors import NoWallet

OTHER_NETWORK = bytes(32)


@pytest.fixture
def home(tmp_path: Path) -> NodeChoice:
    """A home with a genesis, and so with a network."""
    assert run(["init", "--home", str(tmp_path / "home"), "--quiet"]) == 0
    return NodeChoice(None, None, tmp_path / "home")


def test_options_become_one_record_each() -> None:
    """Beside the command's own arguments; what was not said is ``None``."""
    heard: list[tuple[str, NodeChoice, Signer]] = []

    @click.command(cls=Command)
    @click.argument("word")
    @signer_options
    @node_options
    def ask(settings: Settings, word: str, node: NodeChoice, signer: Signer) -> None:
        heard.append((word, node, signer))

    ask.main(["a", "--node", "http://h", "--home", "f", "--from", "mine"], standalone_mode=False)
    ask.main(["b", "--token-file", "t", "--dev", "bob", "--password-file", "p"], standalone_mode=False)
    assert heard == [
        ("a", NodeChoice("http://h", None, Path("f")), Signer("mine", None, None)),
        ("b", NodeChoice(None, Path("t"), None), Signer(None, "bob", Path("p"))),
    ]


def test_a_development_account_signs(tmp_path: Path) -> None:
    """With its published secret; where there is no genesis, for any network."""
    key = Signer(None, "bob", None).key(NodeChoice(None, None, tmp_path), OTHER_NETWORK)
    secret = hashlib.sha256(b"walras development account bob").digest()
    assert key.public == SigningKey.from_seed(secret).public


@pytest.mark.parametrize("signer", [Signer(None, None, None), Signer("mine", "bob", None)])
def test_one_signs(home: NodeChoice, signer: Signer) -> None:
    """Nobody, or two at once, is wrong usage, whatever the network."""
    with pytest.raises(UsageError, match="one of --from WALLET and --dev NAME"):
        signer.key(home, OTHER_NETWORK)


@pytest.mark.parametrize("signer", [Signer("mine", None, None), Signer(None, "bob", None)])
def test_only_the_network_of_the_home_is_signed_for(home: NodeChoice, signer: Signer) -> None:
    """Another is refused before a wallet is looked for or anybody asked for a password."""
    with pytest.raises(WrongValue, match="the node's network"):
        signer.key(home, OTHER_NETWORK)


def test_a_wallet_is_that_of_the_home(tmp_path: Path) -> None:
    """And one that is not there is named."""
    with pytest.raises(NoWallet, match="mine"):
        Signer("mine", None, None).key(NodeChoice(None, None, tmp_path), OTHER_NETWORK)


def test_the_token_of_a_home_is_shown_to_its_own_node_alone(home: NodeChoice, tmp_path: Path) -> None:
    """Whatever else looks like it is a stranger, who could act with it; a named file goes where one says."""
    own, token = url_of(home.home), read_secret(home.home.api_token).hex()
    for url in (None, own, f"{own}/"):
        assert replace(home, url=url).client()._token == token
    port = own.rpartition(":")[2]
    strangers = (f"https://127.0.0.1:{port}", "http://127.0.0.1:1", f"http://node.example:{port}")
    for url in (*strangers, f"{own}@node.example", f"http://127.0.0.1.node.example:{port}"):
        assert replace(home, url=url).client()._token is None
    write_secret(tmp_path / "theirs", bytes(32))
    named = replace(home, url="http://node.example", token_file=tmp_path / "theirs")
    assert named.client()._token == bytes(32).hex()
