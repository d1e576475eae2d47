"""What an error of the server says about the append that caused it, once that stands alone."""

from __future__ import annotations

from typing import Final

from eventing.errors import Misconfigured, OrderloomError, Refusal
from eventing.postgres.wire import ServerError

RAISED_BY_INLINE_WRITE: Final = "OL001"
NOT_CARRIED_OUT: Final = "OL002"
_UNIQUE: Final = "23505"
_CHECK: Final = "23514"
_NO_FUNCTION: Final = ("42883", "3F000")
_NO_PRIVILEGE: Final = "42501"


def refusal_of(error: ServerError) -> OrderloomError:
    if error.sqlstate == RAISED_BY_INLINE_WRITE:
        return Refusal(error.message, code=error.detail or "refused")
    if error.sqlstate == _UNIQUE and error.constraint == "events_event_id":
        return Refusal("An event with this id is stored already.", code="duplicate_event")
    if error.sqlstate == _CHECK:
        return Refusal(f"This breaks the rule {error.constraint}.", code="rule_broken", rule=error.constraint)
    if error.sqlstate in _NO_FUNCTION:
        return Refusal(f"There is no such inline write: {error.message}.", code="invalid_inline_write")
    if error.sqlstate == _NO_PRIVILEGE:
        return Misconfigured(f"The services' role may not do this ({error.message}): run `orders db upgrade`.")
    return Refusal(f"The database refuses this append: {error}.", code="unstorable")
