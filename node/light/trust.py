"""The newest header believed, on disk: the next start goes on from it, however long ago the genesis was."""

from __future__ import annotations

import os
from pathlib import Path

from intents.errors import WalrasError
from node.agreement.application import Verify
from node.catchup.light import Trusted, hold_against_itself
from node.catchup.messages import Checkpoint
from node.catchup.wire import MAX_PEER_BYTES, decode_checkpoint, encode_checkpoint


def read_trust(path: Path, network: bytes, verify: Verify) -> Trusted | None:
    """``None`` where there is no such file, or none that holds: belief then begins at the genesis."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PEER_BYTES + 1)
        light = hold_against_itself(decode_checkpoint(data, str(path)), network, verify)
    except (OSError, WalrasError):
        return None
    return Trusted(light.header.height, light.next_validators)


def write_trust(path: Path, checkpoint: Checkpoint) -> None:
    """Whole or not at all; readable by its owner alone. A disk that fails costs only the way from the genesis."""
    fresh = path.with_name(path.name + "-new")
    try:
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, encode_checkpoint(checkpoint))
        finally:
            os.close(file)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
