"""What `orders projections list` puts together: the builds, what their projectors report, how long the topics are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Final, NamedTuple

from eventing.consuming import Mark, Partition
from eventing.kafka.heads import Heads
from eventing.postgres.addresses import postgres_url
from eventing.postgres.database import Database
from eventing.settings import Settings
from projections.generations import Build
from projections.read_model import ReadModel
from projections.stores.generations import PostgresGenerations
from projections.stores.reports import Report, read_reports
from projections.wiring import read_models

PATIENCE: Final = 5.0
SILENT_SECONDS: Final = 10.0
"""After this a process that reported is taken for gone."""
WORST_FIRST: Final = ("failed", "lost", "paused", "starting", "running")

_HEAD: Final = "SELECT coalesce(max(position), 0) FROM events"
_PARKED: Final = "SELECT consumer, count(*) FROM parked_events GROUP BY consumer"


class ProjectionStatus(NamedTuple):
    model: str
    store: str
    generation: int
    build: str | None
    """None where the model has never had one."""
    shown: str
    """What the build is for: live, following, old, building."""
    state: str
    """Of its projector: running, paused, lost, failed, starting; stopped where nobody reports."""
    position: int | None
    """The last of the log's events that is in it; None where no projector has said yet."""
    head: int
    """The last position of the log."""
    lag_events: int | None
    """Messages in Kafka that are not in it; None where no projector has said yet, of one of its partitions at least."""
    lag_seconds: float
    rate: float
    parked: int
    last_error: str | None
    last_error_at: datetime | None
    processes: Sequence[str]

    @property
    def is_well(self) -> bool:
        return self.shown not in {"live", "none"} or self.state == "running"


def read_projections(settings: Settings) -> list[ProjectionStatus]:
    models = read_models()
    topics = sorted({topic for model in models for topic in model.topics})
    heads = Heads(settings.kafka.connection(), settings.kafka.topic_prefix).read(topics)
    url = postgres_url(settings)
    with closing(Database(url, application_name="orders projections", patience=PATIENCE)) as database:
        builds = PostgresGenerations(database).builds()
        reports = read_reports(database)
        head = int(database.query(_HEAD)[0][0])
        parked = {str(consumer): int(count) for consumer, count in database.query(_PARKED)}
    found: list[ProjectionStatus] = []
    for model in models:
        own = [build for build in builds if build.model == model.name]
        found += [_status(model, build, reports, heads, head, parked) for build in own] or [_none(model, head)]
    return found


def _status(
    model: ReadModel,
    build: Build,
    reports: Sequence[Report],
    heads: Mapping[Partition, int],
    head: int,
    parked: Mapping[str, int],
) -> ProjectionStatus:
    told = [one for one in reports if (one.model, one.build) == (build.model, build.number)]
    awake = [one for one in told if one.age < SILENT_SECONDS]
    marks = _newest_marks(told)
    lag = lag_of(marks, {one: head for one, head in heads.items() if one.topic in model.topics})
    lasting = max((one.lag_seconds + (0.0 if one in awake else one.age) for one in told), default=0.0)
    state = min((one.state for one in awake), key=WORST_FIRST.index, default="stopped")
    troubled = max((one for one in told if one.last_error_at), key=lambda one: str(one.last_error_at), default=None)
    return ProjectionStatus(
        model=model.name,
        store=model.store,
        generation=build.generation,
        build=build.tag,
        shown=build.state,
        state=state,
        position=max((mark.position for mark in marks.values()), default=None),
        head=head,
        lag_events=lag,
        lag_seconds=lasting if lag else 0.0,
        rate=sum(one.rate for one in awake),
        parked=parked.get(build.consumer, 0),
        last_error=troubled.last_error if troubled else None,
        last_error_at=troubled.last_error_at if troubled else None,
        processes=[one.holder for one in awake],
    )


def lag_of(marks: Mapping[Partition, Mark], heads: Mapping[Partition, int]) -> int | None:
    """None where nobody says how far a partition is: right after a rebuild, or while it goes from one process to
    another. All of its events may be in the build, and to say that none is would be an alarm."""
    if not marks or any(head and one not in marks for one, head in heads.items()):
        return None
    return sum(max(0, head - marks[one].offset) for one, head in heads.items() if head)


def _newest_marks(reports: Sequence[Report]) -> Mapping[Partition, Mark]:
    """A process that died may have reported of partitions that another one reads now."""
    found: dict[Partition, Mark] = {}
    for report in reports:
        for partition, (mark, _) in report.partitions.items():
            found[partition] = max(mark, found.get(partition, mark))
    return found


def _none(model: ReadModel, head: int) -> ProjectionStatus:
    return ProjectionStatus(
        model=model.name,
        store=model.store,
        generation=model.generation,
        build=None,
        shown="none",
        state="stopped",
        position=None,
        head=head,
        lag_events=None,
        lag_seconds=0.0,
        rate=0.0,
        parked=0,
        last_error=None,
        last_error_at=None,
        processes=(),
    )
