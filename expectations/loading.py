"""Importing Great Expectations in about half the time of a plain import.

It costs seconds, so it is imported inside the functions that use it, through `load_great_expectations`, and never when
a module of this package is imported.
"""

import gc
import importlib.util
import os
import sys
from types import ModuleType


def load_great_expectations() -> ModuleType:
    """Import Great Expectations with its telemetry off.

    Measured on two cores (version 1.24.1): 2.7 s plain; 2.1 s with the garbage collector paused, since the import
    makes many thousand objects and frees none; 1.6 s with `scipy.stats` left unread as well. That one serves two
    statistical expectations only and still loads by itself as soon as something touches it.
    """
    loaded = sys.modules.get("great_expectations")
    if loaded is not None:
        return loaded
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    _defer("scipy.stats")
    collecting = gc.isenabled()
    gc.disable()
    try:
        import great_expectations
    finally:
        if collecting:
            gc.enable()
    return great_expectations


def _defer(name: str) -> None:
    """Put a sub-module into `sys.modules` that is read at its first use."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
    spec.loader.exec_module(module)
