"""A PostgreSQL server of the test's own: a folder, a free port of 127.0.0.1, a user with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "p@ss:w/rd%"
#: Debian keeps them out of the path.
PLACES = (*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ.get("PATH", ""))


def why_not() -> str:
    """Say what a server lacks on this machine; blank when it can be started."""
    missing = [name for name in ("initdb", "pg_ctl") if not _program(name)]
    if missing:
        return f"no {' and '.join(missing)} on this machine: apt-get install postgresql"
    if os.getuid() == 0 and not _user():
        return "PostgreSQL refuses to run as root, and there is no user postgres on this machine"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join(PLACES))


def _user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.address = f"127.0.0.1:{port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        _run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        _run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")


def _run(name: str, *words: str) -> None:
    """Run a program of PostgreSQL, as the user postgres where this is root."""
    user = _user() if os.getuid() == 0 else None
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    done = subprocess.run(
        [_program(name), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **as_user
    )
    assert done.returncode == 0, done.stderr.decode()


@contextmanager
def serve() -> Iterator[Server]:
    """Run a server for the length of a block; its user is `reader`, with `PASSWORD`."""
    with tempfile.TemporaryDirectory(prefix="prefact-pg-") as name:
        folder = Path(name)
        secret = folder / "password"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        if os.getuid() == 0:
            for path in (folder, secret):
                os.chown(path, _user().pw_uid, _user().pw_gid)
        _run(
            "initdb",
            *("-D", str(folder / "data"), "-U", "reader", "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Server(folder, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
