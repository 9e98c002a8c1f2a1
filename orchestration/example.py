"""``prefact demo``: a fictitious firm in a workspace of its own."""

from __future__ import annotations

from pathlib import Path

from orchestration.errors import PrefactError
from orchestration.settings import Workspace, create_workspace, load_workspace

# Written by the generator: the list of what it planted, and the sign that the folder is a demonstration.
PLANTED = "planted.csv"


def prepare_demo(root: Path) -> tuple[Workspace, str]:
    """Generate the firm, in a fresh folder or over an earlier demonstration.

    Args:
        root: the folder.

    Returns:
        The workspace and the month to run.

    Raises:
        PrefactError: when the folder holds something else.
    """
    if root.exists() and not root.is_dir():
        raise PrefactError("not_a_folder", folder=root)
    if root.is_dir() and any(root.iterdir()) and not (root / PLANTED).is_file():
        raise PrefactError("demo_not_empty", folder=root)
    from assets.demo.generator import generate

    create_workspace(root)
    manifest = generate(root)
    return load_workspace(root), manifest.month
