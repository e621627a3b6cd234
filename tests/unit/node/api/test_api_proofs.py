"""Proofs from a node: they hold for the script that knows nothing but SHA-256, and their root is certified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.single_node import world
from node.agreement.messages import Ballot, Certificate
from node.agreement.validators import Validator
from node.catchup.light import hold_against_itself
from node.catchup.messages import Checkpoint
from node.embedded.recovery import verified
from tests.unit.node.api.desk import FAST, opened

SCRIPT = Path(__file__).resolve().parents[4] / "docs" / "check_proof.py"
OWNER = "0x00" + world.OWNERS[1].public.hex()


@pytest.mark.parametrize(
    ("table", "key", "there"),
    [
        ("balances", f"owner:{OWNER[2:]}/AAA", True),
        ("balances", f"{OWNER}/AAA", True),
        ("balances", f"ed25519:{OWNER[4:]}/AAA", True),
        ("balances", f"owner:{OWNER[2:]}/ZZZ", False),
        ("balances", json.dumps([{"kind": "owner", "holder": OWNER}, "AAA"]), True),
        ("chain", "chain", True),
        ("chain", '"chain"', True),
        ("venues", "pool", True),
        ("venues", "no such pool", False),
        ("orders", "0x" + "00" * 32, False),
    ],
)
async def test_a_proof_holds_for_the_script_and_its_root_is_certified(
    table: str, key: str, there: bool, tmp_path: Path
) -> None:
    """Presence and absence; a changed one does not hold; a quorum signed the header that has the root."""
    async with opened(FAST) as desk:
        await desk.until(2)
        answer = await desk.client.get("/v1/proofs", params={"table": table, "key": key})
        document = answer.json()
        network = desk.node.network
    assert document["format"] == ("walras-proof/1" if there else "walras-absence/1")
    file = tmp_path / "proof.json"
    for root, holds in ((document["root"], True), ("00" * 32, False)):
        file.write_bytes(answer.content)
        found = subprocess.run([sys.executable, str(SCRIPT), str(file), root], capture_output=True, timeout=60)
        assert (found.returncode == 0) is holds
    certified = document["certified"]
    light = hold_against_itself(checkpoint(certified), network, verified)
    assert light.header.state_root.hex() == document["root"]
    assert (light.header.height, "0x" + light.block.hex()) == (certified["height"], certified["block"])


def checkpoint(certified: dict[str, Any]) -> Checkpoint:
    """What the answer says of the block, as a light node checks it."""
    certificate = Certificate(
        Ballot.PRECOMMIT,
        certified["height"],
        certified["round"],
        bytes.fromhex(certified["block"][2:]),
        tuple((place, bytes.fromhex(signature[2:])) for place, signature in certified["votes"]),
    )
    members = tuple(Validator(bytes.fromhex(key[2:]), power) for key, power in certified["validators"])
    header, body = bytes.fromhex(certified["header"][2:]), bytes.fromhex(certified["body_hash"][2:])
    return Checkpoint(header, body, certificate, members, members)
