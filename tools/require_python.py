"""Refuses a Python that is too old, in one sentence. That old Python has to read this too: ASCII, no f-strings."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "make: Python 3.11 or newer is needed, this is %d.%d; say which to take: make PYTHON=python3.12 ...\n"
        % sys.version_info[:2]
    )
    sys.exit(2)
