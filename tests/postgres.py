"""A PostgreSQL server of the tests' own: a fresh cluster in a folder, reached by a socket in it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

PORT = "54329"


def _program(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.fail("These tests need PostgreSQL. Install it, on Debian with: apt-get install postgresql")
    return str(found)


@contextmanager
def postgres() -> Generator[str]:
    """Yields a URL for SQLAlchemy. The server refuses to run as root, so there it runs as its own user."""
    initdb, server, ctl = _program("initdb"), _program("postgres"), _program("pg_ctl")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = "postgres" if as_root else pwd.getpwuid(os.geteuid()).pw_name
    who = ["runuser", "-u", user, "--"] if as_root else []
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if as_root:
            shutil.chown(folder, user)
        data = folder / "data"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
        subprocess.run([*who, initdb, "-D", str(data), "-A", "trust", "-U", user, "--no-sync"], **quiet)  # pyright: ignore[reportArgumentType,reportCallIssue]
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -p {PORT}"
        start = [*who, ctl, "-D", str(data), "-w", "-p", server, "-o", options, "-l", str(folder / "log"), "start"]
        subprocess.run(start, **quiet)  # pyright: ignore[reportArgumentType,reportCallIssue]
        try:
            yield f"postgresql+asyncpg://{user}@/postgres?host={folder}&port={PORT}"
        finally:
            subprocess.run([*who, ctl, "-D", str(data), "-m", "immediate", "stop"], **quiet)  # pyright: ignore[reportArgumentType,reportCallIssue]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
