"""Where the runs of a sweep are executed: on this machine's cores, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from intents.errors import WalrasError
from sim.sweep.task import Task, perform
from sim.workers import workers

#: Runs handed to a cluster ahead of those that have come back.
AHEAD: Final = 256


@dataclass(eq=False)
class NoRay(WalrasError):
    code: ClassVar[str] = "sweep.no-ray"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 4

    reason: str


def local(tasks: Sequence[Task], processes: int) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Each result as it comes."""
    if processes == 1 or len(tasks) < 2:
        for task in tasks:
            yield task, perform(task)
        return
    with workers(processes) as pool:
        futures = {pool.submit(perform, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()


def on_ray(tasks: Sequence[Task], address: str) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Each result as it comes from the cluster at ``address``; ``local`` starts one here."""
    try:
        import ray
    except ImportError as error:
        raise NoRay("", 'Ray is not installed: install "walras[ray]"') from error
    try:
        ray.init(None if address == "local" else address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise NoRay("", f"no Ray cluster at {address}: {error}") from error
    try:
        run = ray.remote(perform)
        waiting = list(reversed(tasks))
        running: dict[Any, Task] = {}
        while waiting or running:
            while waiting and len(running) < AHEAD:
                task = waiting.pop()
                running[run.remote(task)] = task
            ready, _ = ray.wait(list(running))
            for reference in ready:
                yield running.pop(reference), ray.get(reference)
    finally:
        ray.shutdown()
