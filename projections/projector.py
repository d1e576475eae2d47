"""One projection: the loop that keeps one build of one model fresh, with a consumer group of its own.

    take → pass by what is not heard → decode → fold, a document a batch → write → marks → tell Kafka

While a batch is being written the next one is taken and folded on top of it. If the writing did not go smoothly, what
was folded meanwhile is thrown away and folded again: it may stand on documents that are otherwise.

A store that does not answer pauses this projection alone: it holds its batch, stays in its group and tries again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

import structlog

from eventing.breaker import Breaker
from eventing.consuming import BEGINNING, Mark, Partition, Superseded
from eventing.errors import Misconfigured, OrderloomError, Unavailable
from projections.awareness import Awareness
from projections.consumer import Consumer, OpenConsumer
from projections.folding import Batch, fold_batch, needed
from projections.generations import Build
from projections.hearing import Ear
from projections.holding import Holding, leave_out, positions
from projections.keeping import Keeper, Kept, Writing
from projections.ports import Desk, DocumentStore, Lost, SetBack
from projections.presence import Presence
from projections.read_model import ReadModel
from projections.recent import Recent
from projections.refreshing import Refresher
from projections.retrying import Retrying
from projections.standing import Standing

log = structlog.get_logger()

IDLE_SECONDS: Final = 0.1
"""How long one look at Kafka waits for a message; it ends with the first one."""
LOST_SECONDS: Final = 2.0
FAILED_SECONDS: Final = 5.0
TOLD_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5
REVOKE_SECONDS: Final = 15.0
"""How long whoever takes a partition over may have to wait for a batch that is being written."""


class Projection:
    def __init__(
        self,
        model: ReadModel,
        build: Build,
        store: DocumentStore,
        desk: Desk,
        keeper: Keeper,
        ear: Ear,
        open_consumer: OpenConsumer,
        standing: Standing,
        *,
        batch: int,
        recent: int,
        refresher: Refresher | None = None,
    ) -> None:
        self.model = model
        self.build = build
        self.standing = standing
        self.awareness = Awareness(build.mended)
        self._store = store
        self._desk = desk
        self._keeper = keeper
        self._ear = ear
        self._open_consumer = open_consumer
        self._most = batch
        self._recent = Recent(recent)
        self._refresher = refresher
        self._breaker = Breaker(failures=1, pause=0.1, longest_pause=5.0)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"write {model.name}")
        self._retrying = Retrying(store, desk, ear)
        self._presence = Presence(store, build.identity)
        self._begin()

    def run(self, stop: Event) -> None:
        """Until told to stop; then what is under way is kept. Whatever goes wrong is tried again from the marks."""
        if self._refresher:
            self._refresher.start()
        while not stop.is_set():
            try:
                self._presence.demand()
                self._follow(stop)
            except Lost as error:
                self.standing.trip("lost", error)
                stop.wait(LOST_SECONDS)
            except Misconfigured as error:
                self.standing.trip("failed", error)
                stop.wait(FAILED_SECONDS)
            except OrderloomError as error:
                self._stumble(error)
                stop.wait(0.1 if self._breaker.allows() else 0.25)
            except Exception as error:  # a mistake of ours ends neither this model for good nor the others
                log.exception("A projection broke", action="projection_broke", model=self.model.name)
                self.standing.trip("failed", error)
                stop.wait(FAILED_SECONDS)
        if self._refresher:
            self._refresher.stop()
        self._writer.shutdown()
        self._store.close()
        self._desk.close()
        self._keeper.close()

    def _begin(self) -> None:
        self._forget()
        self._held = Holding()
        self._writing: Writing | None = None
        self._paused: set[Partition] = set()
        self._told_at = self._retry_at = 0.0

    def _forget(self) -> None:
        """All that is remembered, when nothing that was folded from it is under way any more: the writer does one thing
        after the other, also what nobody waits for, and what came behind a repair from memory would undo it unseen."""
        mended = self.awareness.mended
        self._writer.submit(lambda: None).result()
        self._recent.clear()
        self.standing.mended = mended

    def _forget_what_may_be_wrong(self) -> None:
        if not self.awareness.is_lost and self.awareness.mended == self.standing.mended:
            return
        self._join()
        if self._writing:  # it failed, and would be given to the store again as it was folded
            self._writing.batch.is_doubtful = True
        self._forget()

    def _follow(self, stop: Event) -> None:
        """The life of one consumer."""
        self._begin()
        consumer = self._open_consumer(self.build.consumer, self.model.topics, self._assigned, self._revoked)
        try:
            while not stop.is_set():
                self._step(consumer)
            self._forget_what_may_be_wrong()
            self._advance()
            self._join()
        finally:
            consumer.close()
            self._writing = None

    def _step(self, consumer: Consumer) -> None:
        waits = 0.0 if self._writing and self._writing.future else IDLE_SECONDS
        self._held.take_in(consumer.take(waits, max(1, self._most - len(self._held.behind))))
        if self._breaker.is_resting:
            return
        try:
            self._forget_what_may_be_wrong()
            self._advance()
            self._retry_parked()
            self._presence.demand_now_and_then(self._held.kept)
        except Unavailable as error:
            self._stumble(error)
            self._pause(consumer)
            return
        self.standing.well()
        self._breaker.succeeded()
        self._resume(consumer)
        self._tell(consumer)

    def _advance(self) -> None:
        """Folds what was taken, waits for the batch before it, and gives it to the store."""
        if self._writing and self._writing.future is None:
            self._submit(self._writing.batch)
            self._join()
        batch = self._fold()
        if not self._join():
            batch = self._fold()
        if batch is not None:
            self._remember(batch)
            self._submit(batch)

    def _fold(self) -> Batch | None:
        if not self._held.behind:
            return None
        takens = self._held.hear(self._ear)
        batch = Batch(events=len(takens), marks=self._held.marks_after(takens))
        wanted = needed(takens)
        bases = {one: found for one in wanted if (found := self._recent.get(one)) is not None}
        # What is being written is not in the store yet, and need not be remembered.
        under_way = self._writing.batch.documents if self._writing else {}
        bases |= {one: folded.now for one in wanted if one not in bases and (folded := under_way.get(one))}
        if missing := [one for one in wanted if one not in bases]:
            bases |= self._store.read(missing)
        fold_batch(batch, takens, bases, self._held.parked)
        return batch

    def _remember(self, batch: Batch) -> None:
        self.standing.redelivered += len(self._held.behind) - batch.events
        self.standing.events += batch.events
        self._held.folded(batch)
        for one, folded in batch.documents.items():
            self._recent.keep(one, folded.partition, folded.now)

    def _submit(self, batch: Batch) -> None:
        self._writing = Writing(batch, self._writer.submit(self._keeper.keep, batch, dict(self._held.kept)))

    def _join(self) -> bool:
        """Waits for what is being written. False if what was folded meanwhile has to be folded again."""
        if self._writing is None or self._writing.future is None:
            return True
        writing, future = self._writing, self._writing.future
        writing.future = None
        kept = future.result()
        self._writing = None
        self._held.kept.update(kept.marks)
        self._held.parked |= kept.parked_keys
        self._recent.forget(kept.stale)
        self._publish(kept)
        return kept.went_smoothly

    def _publish(self, kept: Kept) -> None:
        self.standing.kept(kept.marks, kept.documents, kept.parked)
        self.standing.parked_keys = len(self._held.parked)
        self.standing.hits, self.standing.misses = self._recent.hits, self._recent.misses
        self._show(positions(kept.marks))

    def _show(self, applied: Mapping[Partition, int]) -> None:
        if self._refresher:
            self._refresher.written(applied)
        else:
            self.standing.searchable = {**self.standing.searchable, **applied}

    def _retry_parked(self) -> None:
        """What an operator wants to be tried again; only while nothing else is under way."""
        if not self._held.parked or self._writing or time.monotonic() < self._retry_at:
            return
        self._retry_at = time.monotonic() + RETRY_SECONDS
        held = self._held.partitions
        self._recent.forget(self._retrying.carry_out(held))
        self._held.parked = set(self._desk.parked(held))
        self.standing.parked_keys = len(self._held.parked)
        self._show(positions(self._held.kept))

    def _assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        found = (self._store if self._store.keeps_marks else self._desk).marks(partitions)
        marks = {partition: found.get(partition, BEGINNING) for partition in partitions}
        self._held.take_over(marks, self._desk.parked(partitions))
        self._paused -= marks.keys()  # Kafka hands them out unpaused; those that were held before stay as they are
        self.standing.taken_over(marks)
        self.standing.parked_keys = len(self._held.parked)
        self._show(positions(marks))
        return marks

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        """What is under way is kept first, if that goes quickly; if not, whoever comes next does it again."""
        gone = set(partitions)
        try:
            self._await_writing()
        finally:
            self._held.give_up(gone)
            self._paused -= gone
            if self._writing:
                leave_out(self._writing.batch, gone)
            self._recent.forget_partitions(gone)
            self.standing.given_up(gone)
            if self._refresher:
                self._refresher.forget(gone)

    def _await_writing(self) -> None:
        if self._writing and (future := self._writing.future):
            try:
                future.exception(REVOKE_SECONDS)
                self._join()
            except TimeoutError:
                self._writing = None  # it may still be written; what was not is done again from the marks
                raise Unavailable(f"{self.build.model} took too long to write what it had to give up.") from None
            except OrderloomError as error:
                self.standing.trip("paused", error)

    def _tell(self, consumer: Consumer) -> None:
        if (now := time.monotonic()) >= self._told_at:
            self._told_at = now + TOLD_SECONDS
            consumer.told(self._held.kept)

    def _pause(self, consumer: Consumer) -> None:
        if running := [one for one in self._held.partitions if one not in self._paused]:
            consumer.pause(running)
            self._paused.update(running)

    def _resume(self, consumer: Consumer) -> None:
        if self._paused:
            consumer.resume(list(self._paused))
            self._paused.clear()

    def _stumble(self, error: OrderloomError) -> None:
        self._breaker.failed()
        if isinstance(error, SetBack):
            log.warning("A store was set back", action="store_set_back", model=self.model.name, why=str(error))
        if not isinstance(error, Superseded):
            self.standing.trip("paused", error)
