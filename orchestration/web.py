"""``prefact ui``: Dagster's web interface and its scheduler for one workspace, on this machine only.

Dagster's server has no login and accepts changes from any page a browser has open, so it listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

from orchestration.errors import PrefactError
from orchestration.history import dagster_home
from orchestration.settings import WORKSPACE_ENV, Workspace
from orchestration.texts import say

HOST = "127.0.0.1"


def serve(workspace: Workspace, port: int) -> None:
    """Become the server, until it is interrupted.

    Args:
        workspace: the folder.
        port: on 127.0.0.1.

    Raises:
        PrefactError: when the port is taken.
    """
    require_free_port(port)
    environment = {
        **os.environ,
        WORKSPACE_ENV: str(workspace.root),
        "DAGSTER_HOME": str(dagster_home(workspace.hidden)),
        "DO_NOT_TRACK": "1",
    }
    print(say(workspace.settings.language, "ui_serving", url=f"http://{HOST}:{port}"), flush=True)
    # In place of this process: whoever stops the command stops the server. Started in the background by a script the
    # command may have been told to ignore Ctrl-C, and Dagster would then ignore a request to end as well.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = server_command(port)
    os.execve(command[0], command, environment)


def server_command(port: int) -> list[str]:
    """Return the command line of the server.

    Args:
        port: on 127.0.0.1.
    """
    return [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "dagster",
        "dev",
        "--host",
        HOST,
        "--port",
        str(port),
        "--module-name",
        "orchestration.definitions",
        "--log-level",
        "warning",
        "--code-server-log-level",
        "warning",
    ]


def require_free_port(port: int) -> None:
    """Check that nothing listens on the port.

    Raises:
        PrefactError: suggesting another one.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PrefactError("port_busy", port=port, other=port + 1 if port < 65535 else port - 1) from error
