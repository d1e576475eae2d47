"""Where root keeps what the servers' account has to reach and can't: below another's home there is no way in."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path("/var/lib/orderloom")


def home_of(stack_dir: Path, *, sheltered: bool) -> Path:
    """The servers' folders lie in the stack's own folder if their account can walk there."""
    mark = hashlib.sha256(str(stack_dir).encode()).hexdigest()[:12]
    return ROOT / "stacks" / mark if sheltered else stack_dir / "servers"


def opened(*parts: str) -> Path:
    """A folder in the shelter that everybody can walk through, whatever the umask."""
    folder = ROOT
    for part in ("", *parts):
        folder = folder / part
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    return folder
