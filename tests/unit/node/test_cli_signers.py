"""Who signs and which node: what the options of commands say, as the records that their decorators hand over."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import pytest

from intents.errors import UsageError, WrongValue
from intents.signing import SigningKey
from node.cli.command import Command, Settings
from node.cli.nodes import NodeChoice, node_options
from node.cli.run import run
from node.cli.signers import Signer, signer_options
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
