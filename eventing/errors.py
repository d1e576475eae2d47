"""Everything that can go wrong, as one tree.

    OrderloomError
    ├── Refusal               the caller asked for what can't be: a stable code, nothing changed
    │   └── Conflict          a stream was not at the version that the caller believed in
    ├── Unreadable            stored or received bytes are no event that this installation knows
    ├── Unavailable           a server or a limit stands in the way: the same call may work later
    └── Misconfigured         the surroundings are wrong: one sentence says what to change

Each class is one sentence, and that sentence is its default message. Every message says what to do;
the command line prints it alone, without a trace, and the HTTP edge maps codes to statuses in one file.
"""

from __future__ import annotations


class OrderloomError(Exception):
    """The platform could not do this."""

    code = "error"

    def __init__(self, message: str | None = None, /, **facts: object) -> None:
        self.facts = facts
        super().__init__(message or (type(self).__doc__ or "").strip())


class Refusal(OrderloomError):
    """This can't be done as asked; nothing was changed."""

    code = "refused"

    def __init__(self, message: str | None = None, /, *, code: str | None = None, **facts: object) -> None:
        super().__init__(message, **facts)
        if code is not None:
            self.code = code


class Conflict(Refusal):
    """The stream has moved on since it was read."""

    code = "conflict"

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{stream} is at version {actual}, not at {describe_expectation(expected)}: read it again and decide anew.",
            stream=stream,
            expected=expected,
            actual=actual,
        )
        self.stream = stream
        self.expected = expected
        self.actual = actual


class Unreadable(OrderloomError):
    """These bytes are no event that this installation knows; reading them again won't help."""

    code = "unreadable"


class Unavailable(OrderloomError):
    """A server is not to be had right now; try again shortly."""

    code = "unavailable"

    def __init__(self, message: str | None = None, /, *, retry_after: float = 1.0, **facts: object) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class Misconfigured(OrderloomError):
    """The platform's surroundings are not as they have to be."""

    code = "misconfigured"


def describe_expectation(expected: int) -> str:
    """The words for an expected version; the special values stand in `eventing.event_store`."""
    return {0: "no version at all", -1: "any existing version", -2: "any version"}.get(expected, f"version {expected}")
