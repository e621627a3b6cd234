"""A transport in a process of its own, to be stopped, killed and started again: ``python -m tests.p2p_process``.

Arguments: number (its identity), port, and the addresses it dials. It prints ``ready`` and runs until killed.
"""

from __future__ import annotations

import sys
from functools import partial

import trio

from p2p.libp2p.transport import open_transport
from tests.p2p_hosts import Inbox, settings


async def main(number: int, port: str, *known: str) -> None:
    listen = (f"/ip4/127.0.0.1/tcp/{port}",)
    async with open_transport(settings(number, known, listen=listen)) as transport:
        Inbox(transport)
        print("ready", flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(partial(main, int(sys.argv[1]), *sys.argv[2:]))
