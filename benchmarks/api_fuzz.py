"""schemathesis over a node's whole OpenAPI document: ``python -m benchmarks.api_fuzz [--examples N] [--json]``.

Every operation gets requests that fit the document and requests that do not, with the token and without, while the
node settles auctions. Nothing may be answered by a server error, by what the document does not say, or be written
without the token.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import trio

from benchmarks.single_node import world
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.api.openapi import document
from node.api.serving import serve_api
from node.api.settings import ApiSettings, Limits
from node.embedded.answering import in_thread
from node.live.opening import open_live
from node.live.settings import LiveSettings
from node.served import Role
from node.solving import SolverKey

TOKEN: Final = "a-token-only-the-fuzzer-knows"
#: Failures that are kept to be shown.
SHOWN: Final = 20
#: Answers to a request without its token: refused for that, or before anybody looked.
_UNSEEN: Final = frozenset({401, 414})
#: The only server errors the document promises: not ready, ending.
_PROMISED: Final = frozenset({503})


@dataclass
class Report:
    """``unauthorised_writes`` were looked into, though no token was shown; ``failures`` in words."""

    requests: int = 0
    server_errors: int = 0
    unauthorised_writes: int = 0
    failed: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    operations: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.failed or self.server_errors or self.unauthorised_writes)

    def fail(self, what: str) -> None:
        self.failed += 1
        if len(self.failures) < SHOWN:
            self.failures.append(what[:2_000])


def fuzz(url: str, token: str, examples: int, seed: int, only: Collection[str] = ()) -> Report:
    """``examples`` of each operation and kind of request, or of those in ``only`` ("GET /v1/peers"). In a thread
    of its own, as it waits for answers."""
    import requests
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.core.result import Ok

    report = Report()
    schema = schemathesis.openapi.from_dict(json.loads(document()))
    with requests.Session() as session:
        session.trust_env = False
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if only and operation.label not in only:
                continue
            report.operations += 1
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _operation(operation, mode, partial(_ask, url, token, session, report), examples, seed)
    return report


def _operation(operation: Any, mode: Any, ask: Any, examples: int, seed: int) -> None:
    import hypothesis
    from hypothesis.errors import Unsatisfiable

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        ask(case)

    try:
        each()
    except Unsatisfiable:
        return  # no request to an operation without parameters can be wrong


def _ask(url: str, token: str, session: Any, report: Report, case: Any) -> None:
    """With the token; and, of what asks for one, without."""
    writes = bool(case.operation.definition.raw.get("security"))
    if writes:
        answer = _call(case, url, session, report, {})
        if answer is not None and answer.status_code not in _UNSEEN:
            report.unauthorised_writes += 1
            report.fail(f"{case.operation.label} answered {answer.status_code} without a token")
    answer = _call(case, url, session, report, {"Authorization": f"Bearer {token}"})
    if answer is None:
        return
    if answer.status_code >= 500 and answer.status_code not in _PROMISED:
        report.server_errors += 1
        report.fail(f"{case.operation.label} answered {answer.status_code}: {answer.text[:300]}")
    try:
        case.validate_response(answer, checks=_checks())
    except Exception as error:
        report.fail(f"{case.operation.label}: {error}")
    except BaseExceptionGroup as errors:
        report.fail(f"{case.operation.label}: {[str(error) for error in errors.exceptions]}")


def _call(case: Any, url: str, session: Any, report: Report, headers: dict[str, str]) -> Any:
    import requests

    try:
        answer = case.call(base_url=url, session=session, headers=headers)
    except requests.exceptions.InvalidHeader:
        return None  # nothing that can be sent
    except requests.RequestException as error:
        report.fail(f"{case.operation.label}: no answer: {error}")
        return None
    report.requests += 1
    report.by_status[answer.status_code] += 1
    return answer


def _checks() -> list[Any]:
    from schemathesis.specs.openapi import checks

    return [
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]


@asynccontextmanager
async def node_at_work() -> AsyncIterator[str]:
    """The URL of a node that has settled something and goes on settling."""
    key = SigningKey.from_seed(world.SOLVER)
    with tempfile.TemporaryDirectory() as place:
        settings = LiveSettings(
            store=Path(place) / "node.sqlite",
            history=None,
            first=world.first(),
            timeouts=Timeouts(window_ms=(50, 300, 50)),
            role=Role.VALIDATOR,
            seed=bytes(32),
            name="fuzzed",
            key=SigningKey.from_seed(world.VALIDATOR),
            solver=SolverKey(key.public, world.SOLVER, key.sign),
            solving=in_thread("naive", 0.2),
        )
        async with open_live(settings) as node, trio.open_nursery() as nursery:
            api = ApiSettings(TOKEN, port=0, limits=Limits(body_s=2))
            url: str = await nursery.start(partial(serve_api, node, api))
            await _traded(url)
            yield url
            nursery.cancel_scope.cancel()


async def _traded(url: str) -> None:
    """Hand in a few intents and wait until some of them have traded."""
    items = ["0x" + item.hex() for item in world.Minter(Random(1), valid_for=1_000_000).items(40, 1)]
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        writing = {"authorization": f"Bearer {TOKEN}"}
        await client.post("/v1/intents/batch", json={"items": items}, headers=writing)
        with trio.fail_after(60):
            while not any(row["filled"] for row in (await client.get("/v1/auctions")).json()["auctions"]):
                await trio.sleep(0.1)


async def run(examples: int, seed: int) -> Report:
    async with node_at_work() as url:
        return await trio.to_thread.run_sync(fuzz, url, TOKEN, examples, seed)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api_fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="of each operation, right and wrong each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = trio.run(run, options.examples, options.seed)
    found = {
        "seed": options.seed,
        "operations": report.operations,
        "requests": report.requests,
        "by_status": {str(status): count for status, count in sorted(report.by_status.items())},
        "server_errors": report.server_errors,
        "unauthorised_writes": report.unauthorised_writes,
        "failed": report.failed,
        "failures": report.failures,
    }
    print(json.dumps(found, indent=None if options.json else 1))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
