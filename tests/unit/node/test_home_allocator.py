"""The C library's allocator as a node sets it up, looked at in a process of its own."""

import ctypes
import subprocess
import sys

import pytest

from node.home.allocator import steady_allocator

#: Arenas glibc has after eight threads have each held a block at the same time.
ARENAS = """
import ctypes, sys, threading
from node.home.allocator import steady_allocator
if "steady" in sys.argv:
    assert steady_allocator()
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
all_here = threading.Barrier(9)
def hold():
    libc.malloc(10_000)
    all_here.wait()
    all_here.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
all_here.wait()
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
all_here.wait()
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="not glibc")
def test_threads_share_two_arenas() -> None:
    """Without the settings eight threads have more than two arenas, with them two at most."""

    def arenas(*arguments: str) -> int:
        run = subprocess.run(
            [sys.executable, "-c", ARENAS, *arguments], capture_output=True, text=True, check=True
        )
        return run.stdout.count("<heap nr=")

    assert arenas() > 2
    assert arenas("steady") <= 2


def test_another_library_keeps_its_own_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no glibc nothing is set, and nothing fails."""

    def missing(name: str) -> ctypes.CDLL:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert not steady_allocator()
