"""The installed ``walras`` run as a user runs it, and the small auction its tests spoil in one place at a time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WALRAS = Path(sys.executable).with_name("walras")
WETH, USDC, DAI = ("0x" + digit * 40 for digit in "abc")
ERROR = re.compile(r"error\[([a-z][a-z0-9.-]*)\] (.+)")


@dataclass(frozen=True, slots=True)
class Ended:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, which must be exactly one JSON document."""
        return json.loads(self.out)

    @property
    def error(self) -> tuple[str, str]:
        """Code and message of its one error line; whatever else is on stderr is a remark or a warning."""
        lines = self.err.splitlines()
        errors = [match for line in lines if (match := ERROR.fullmatch(line))]
        assert len(errors) == 1, self.err
        assert "Traceback" not in self.err + self.out
        return errors[0][1], errors[0][2]

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("warning[")]


def walras(*arguments: object, stdin: bytes = b"", cwd: Path | None = None) -> Ended:
    """Run the console script; a run that hangs fails the test."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WALRAS_")}
    done = subprocess.run(
        [WALRAS, *map(str, arguments)], input=stdin, capture_output=True, timeout=120, env=environment, cwd=cwd
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def refused(ended: Ended, code: str, exit_code: int = 3) -> str:
    """The message of a command that failed in exactly this way, with nothing on stdout."""
    found, message = ended.error
    assert (found, ended.code) == (code, exit_code), ended.err
    assert ended.out == ""
    return message


def uid(number: int) -> str:
    """A recorded order's uid that ends in an expiry far away."""
    return "0x" + f"{number:02x}" * 52 + "ffffffff"


def token(price: str | None = "1000000000000000000") -> dict[str, Any]:
    return {"decimals": 18, "symbol": "T", "referencePrice": price, "availableBalance": "0", "trusted": True}


def order(number: int, sell: str, buy: str, sell_amount: str, buy_amount: str) -> dict[str, Any]:
    """A sell order, partially fillable."""
    return {
        "uid": uid(number),
        "sellToken": sell,
        "buyToken": buy,
        "sellAmount": sell_amount,
        "fullSellAmount": sell_amount,
        "buyAmount": buy_amount,
        "fullBuyAmount": buy_amount,
        "validTo": 4294967295,
        "kind": "sell",
        "owner": "0x" + f"{number:02x}" * 20,
        "partiallyFillable": True,
        "class": "limit",
        "feePolicies": [],
    }


def pool(number: int, reserves: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "constantProduct",
        "id": str(number),
        "address": "0x" + f"{number:02x}" * 20,
        "router": "0x" + "00" * 20,
        "gasEstimate": "90000",
        "fee": "0.003",
        "tokens": {asset: {"balance": balance} for asset, balance in reserves.items()},
    }


def cow_auction() -> dict[str, Any]:
    """A good auction: two orders that cross, a third nobody can fill, one pool, no cost."""
    return {
        "id": "1",
        "tokens": {WETH: token(), USDC: token(), DAI: token()},
        "orders": [
            order(1, WETH, USDC, str(10**18), str(9 * 10**17)),
            order(2, USDC, WETH, str(10**18), str(9 * 10**17)),
            order(3, WETH, DAI, str(10**18), str(9 * 10**18)),
        ],
        "liquidity": [pool(1, {WETH: str(10**24), USDC: str(10**24)})],
        "effectiveGasPrice": "0",
        "deadline": "2106-01-01T00:00:00.000Z",
        "surplusCapturingJitOrderOwners": [],
    }


def write(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path
