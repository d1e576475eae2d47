"""Little event languages, written as files into a folder of a test and imported from there."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

HEAD = """
from __future__ import annotations
from typing import Literal
from eventing.schema import event, record, upcaster
"""


@contextmanager
def language(folder: Path, files: Mapping[str, str], name: str = "sample_language") -> Iterator[ModuleType]:
    """A package with one folder of events, `thing`, and the given files in that."""
    package = folder / name
    (package / "thing").mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('NAMESPACE = "sample"\n')
    (package / "thing" / "__init__.py").write_text('STREAM = "thing"\nTOPIC = "thing.events.v1"\n')
    for file, text in files.items():
        (package / "thing" / file).write_text(HEAD + text)
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]
