from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

from local_stack.locks import exclusive

HOLDER = """
import sys
from pathlib import Path
from local_stack.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_waits_and_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waits, has = Event(), Event()

        def take() -> None:
            with exclusive(path, waits.set):
                has.set()

        second = Thread(target=take)
        second.start()
        assert waits.wait(60)
        assert not has.is_set()

        holder.send_signal(signal.SIGKILL)

        assert has.wait(60)
        second.join()
