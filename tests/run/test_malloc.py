"""The heaps of a process with many threads."""

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading
from pixel_bot.run.malloc import limit_arenas

done = limit_arenas() if sys.argv[1] == "limited" else False
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
libc.fdopen.argtypes, libc.malloc_info.argtypes, libc.fflush.argtypes = (
    [ctypes.c_int, ctypes.c_char_p], [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p])
barrier = threading.Barrier(6)

def allocate():
    libc.malloc(5_000)
    barrier.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done" if done else "not done", flush=True)
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such heaps")
@pytest.mark.parametrize(
    ("ways", "most", "said"), [((), 2, "done"), (("MALLOC_ARENA_MAX",), 4, "not done")], ids=["ours", "theirs"]
)
def test_threads_share_the_heaps(ways: tuple[str, ...], most: int, said: str) -> None:
    environment = {**os.environ, **dict.fromkeys(ways, "4")}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, "limited"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith(f"{said}\n")
    assert 1 < told.count("<heap nr") <= most


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such heaps")
def test_each_thread_would_have_its_own() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM, "free"], capture_output=True, text=True, check=True).stdout
    assert told.count("<heap nr") > 2
