"""The name under which the registry keeps the versions of one record."""

from __future__ import annotations


def subject_of(topic: str, record: str, *, prefix: str = "") -> str:
    """Topic and record, so that a topic may carry many types of event, each with a history of its own.

    This is what other clients call the TopicRecordNameStrategy. The prefix keeps installations apart that share one
    registry; it is part of the subject alone, never of the record.
    """
    return f"{prefix}{topic}-{record}"
