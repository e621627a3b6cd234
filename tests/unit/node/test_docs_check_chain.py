"""``docs/check_chain.py``: from a running node's proof to the genesis, with nothing of this project imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from node.agreement.messages import Ballot, Certificate, light_id, vote_digest
from node.agreement.validators import Validator, ValidatorSet
from node.catchup.messages import Checkpoint
from node.catchup.wire import encode_checkpoint
from node.chain.blocks import Header, encode_header
from node.chain.tables import CHAIN
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.proofs import absence_to_json, proof_to_json
from tests.agreement_worlds import CANDIDATES, VALIDATORS
from tests.ledgers import A, ledger
from tests.unit.node.api.desk import FAST, opened

SCRIPT = Path(__file__).resolve().parents[3] / "docs" / "check_chain.py"
NETWORK, BODY = b"n" * 32, b"b" * 32
KEYS = {key.public: key for key in (*VALIDATORS, *CANDIDATES)}
STATE = ledger()
Document = dict[str, Any]


def group(*names: int) -> ValidatorSet:
    everybody = [*VALIDATORS, *CANDIDATES]
    return ValidatorSet(tuple(Validator(everybody[name].public, 1 + name) for name in names))


OLD, NEXT = group(0, 1, 2, 3), group(1, 2, 3, 4)


def checkpoint(height: int, by: ValidatorSet, after: ValidatorSet, signers: tuple[int, ...]) -> Checkpoint:
    """Its root is that of ``STATE``."""
    header = encode_header(Header(NETWORK, height, 0, b"p" * 32, 0, by.digest(), after.digest(), STATE.root))
    block = light_id(header, BODY)
    digest = vote_digest(NETWORK, Ballot.PRECOMMIT, height, 0, block)
    votes = tuple((place, KEYS[by.members[place].key].sign(digest)) for place in signers)
    return Checkpoint(
        header, BODY, Certificate(Ballot.PRECOMMIT, height, 0, block, votes), by.members, after.members
    )


def proof(found: Checkpoint, *, there: bool = True) -> Document:
    """As a node gives it."""
    if there:
        document = proof_to_json(STATE, CHAIN, "chain", "chain")
    else:
        nobody = (Account(AccountKind.OWNER, b"\0" * 33), A)
        document = absence_to_json(STATE, BALANCES, nobody, "nobody")
    certificate = found.certificate
    document["certified"] = {
        "height": certificate.height,
        "round": certificate.round,
        "block": "0x" + certificate.block.hex(),
        "header": "0x" + found.header.hex(),
        "body_hash": "0x" + found.body_hash.hex(),
        "votes": [[place, "0x" + signature.hex()] for place, signature in certificate.votes],
        "validators": [["0x" + member.key.hex(), member.power] for member in found.validators],
    }
    return document


def run(folder: Path, document: Document, *pages: list[Checkpoint], network: bytes = NETWORK) -> tuple[int, str]:
    """The script's exit code and what it says."""
    members = [{"key": "0x" + member.key.hex(), "power": member.power} for member in OLD.members]
    genesis = {"network": "0x" + network.hex(), "validators": members}
    files = {"proof.json": document, "genesis.json": genesis}
    for number, page in enumerate(pages):
        found = ["0x" + encode_checkpoint(one).hex() for one in page]
        files[f"page{number}.json"] = {"checkpoints": found, "more": False}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    # Optimised: no check may be an assertion.
    command = [sys.executable, "-O", str(SCRIPT), *(str(folder / name) for name in files)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize("there", [True, False])
def test_a_proof_holds_under_the_genesis_validators(tmp_path: Path, there: bool) -> None:
    """Of an entry, and of there being none."""
    code, said = run(tmp_path, proof(checkpoint(5, OLD, OLD, (1, 2, 3)), there=there))
    assert code == 0, said
    assert said.startswith(f"height 5, root {STATE.root.hex()}")


def test_a_change_of_validators_is_followed_and_must_be(tmp_path: Path) -> None:
    """With the page that hands over it holds; without, or with another's, it does not."""
    document = proof(checkpoint(9, NEXT, NEXT, (1, 2, 3)))
    handed = checkpoint(8, OLD, NEXT, (1, 2, 3))
    assert run(tmp_path, document, [handed])[0] == 0
    assert run(tmp_path, document, [], [handed])[0] == 0
    assert run(tmp_path, document)[0] == 1
    assert run(tmp_path, document, [checkpoint(8, NEXT, NEXT, (1, 2, 3))])[0] == 1
    assert run(tmp_path, document, [checkpoint(8, OLD, NEXT, (0, 1, 2))])[0] == 1


def spoilt(place: str, value: object, document: Document) -> None:
    document["certified"][place] = value


def another_signature(document: Document) -> None:
    document["certified"]["votes"][0][1] = document["certified"]["votes"][1][1]


def a_vote_twice(document: Document) -> None:
    votes = document["certified"]["votes"]
    document["certified"]["votes"] = [votes[-1], votes[-1]]


def another_value(document: Document) -> None:
    document["value"] = document["value"][:-2] + "07"


@pytest.mark.parametrize(
    "harm",
    [
        another_signature,
        a_vote_twice,
        another_value,
        partial(spoilt, "round", 1),
        partial(spoilt, "height", 6),
        partial(spoilt, "votes", []),
        partial(spoilt, "votes", [[7, "0x00"]]),
        partial(spoilt, "validators", None),
        partial(spoilt, "body_hash", "0x" + "00" * 32),
        partial(spoilt, "header", "0xc0"),
    ],
)
def test_whatever_is_spoilt_does_not_hold(tmp_path: Path, harm: Callable[[Document], None]) -> None:
    """And is told in a line, without a traceback."""
    document = proof(checkpoint(5, OLD, OLD, (1, 2, 3)))
    harm(document)
    code, said = run(tmp_path, document)
    assert (code, "does not hold" in said) == (1, True)


def test_another_networks_proof_does_not_hold(tmp_path: Path) -> None:
    """The same keys may serve two networks."""
    document = proof(checkpoint(5, OLD, OLD, (1, 2, 3)))
    assert run(tmp_path, document, network=b"o" * 32)[0] == 1


async def test_a_live_nodes_answers_are_what_it_reads(tmp_path: Path) -> None:
    """The proof and the page as the interface gives them, against the genesis's own validator."""
    async with opened(FAST) as desk:
        await desk.until(4)
        found = (await desk.client.get("/v1/proofs", params={"table": "chain", "key": "chain"})).content
        page: httpx.Response = await desk.client.get("/v1/checkpoints")
        network = (await desk.client.get("/v1/network")).json()
    (tmp_path / "proof.json").write_bytes(found)
    (tmp_path / "page.json").write_bytes(page.content)
    members = [{"key": one["key"], "power": one["power"]} for one in network["validators"]]
    genesis = {"network": network["network"], "validators": members}
    (tmp_path / "genesis.json").write_text(json.dumps(genesis), encoding="utf-8")
    names = ("proof.json", "genesis.json", "page.json")
    command = [sys.executable, str(SCRIPT), *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert b"holds" in done.stdout


def test_it_is_short_and_needs_two_packages() -> None:
    """At most a hundred lines, to be read before it is believed."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imported = {
        line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography", "msgpack"}
