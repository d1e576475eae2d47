"""One platform a folder: a second one would ask another payment provider, and lose its servers with the first one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from eventing.errors import Misconfigured
from local_stack.locks import exclusive
from operations.demo.stage import Stage


@contextmanager
def alone(stage: Stage) -> Iterator[None]:
    folder = stage.settings.stack_dir

    def refuse() -> None:
        raise Misconfigured(
            f"`orders demo` or `orders up` runs already in {folder}: use that one, or end it with Ctrl-C; "
            "ORDERS_STACK_DIR names another folder for a second platform."
        ) from None

    with ExitStack() as held:
        try:
            held.enter_context(exclusive(folder / "platform.lock", refuse))
        except OSError as error:
            raise Misconfigured(
                f"{error.filename}: {error.strerror}. Let this user write there, or name another folder in "
                "ORDERS_STACK_DIR."
            ) from None
        yield
