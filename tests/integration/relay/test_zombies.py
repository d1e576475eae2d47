"""A leader that stops in the middle of a batch, is succeeded, and wakes with the rest of the batch in its hands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.relay.conftest import StartRelay
from tests.integration.relay.test_crashes import TTL, await_retreat, seconds_to_takeover
from tests.support.relays.checker import Published, read_store, read_topics
from tests.support.relays.consumer import TABLES, Consumer
from tests.support.relays.installation import Installation, write
from tests.support.relays.process import RelayProcess
from tests.support.waiting import until

pytestmark = pytest.mark.alone

CONSUMERS = 3
EFFECTS = "SELECT event_id, stream, version FROM effects ORDER BY number"


def test_a_zombie_publishes_no_more_and_nothing_takes_effect_twice(
    installation: Installation, start_relay: StartRelay
) -> None:
    zombie = succeeded_in_a_batch(installation, start_relay, "freeze_in_a_batch")
    before = installation.head()

    zombie.thaw()
    await_retreat(zombie)
    write(installation, 50)
    installation.await_published()

    verdict = installation.verdict()
    assert not verdict.complaints
    assert verdict.duplicates > 0, "what the zombie had sent without writing it down came again"
    assert not published_by_epoch(installation, 1, after=before)
    assert_each_took_effect_once_and_in_order(installation)


def test_without_the_epoch_a_zombie_goes_on_publishing(installation: Installation, start_relay: StartRelay) -> None:
    """The mutant: its lease is not checked when it is renewed, when it sends and when the checkpoint moves."""
    zombie = succeeded_in_a_batch(installation, start_relay, "freeze_in_a_batch_without_epoch")
    before = installation.head()

    zombie.thaw()
    write(installation, 50)

    until(lambda: published_by_epoch(installation, 1, after=before), "the zombie publishes what is not its own")


def test_without_comparing_positions_redelivery_takes_effect_again(
    installation: Installation, start_relay: StartRelay
) -> None:
    """The mutant of the consumer's rule: several that each believe the partition to be theirs, and nobody compares."""
    start_relay(installation)
    write(installation, 50)
    installation.await_published()

    times = Counter(event_id for event_id, _, _ in effects(installation, compares=False))

    assert max(times.values()) > 1


def succeeded_in_a_batch(installation: Installation, start_relay: StartRelay, mutant: str) -> RelayProcess:
    """It froze with a part of a batch sent, and another one has published everything since."""
    zombie = start_relay(installation, mutant=mutant)
    until(installation.leader, "it leads")
    write(installation, 100)
    until(zombie.is_frozen, "it has stopped in the middle of a batch")
    assert installation.checkpoint() < installation.head()
    start_relay(installation)
    assert seconds_to_takeover(installation, zombie) <= 2 * TTL
    installation.await_published()
    return zombie


def published(installation: Installation) -> Sequence[Published]:
    return read_topics(installation.kafka_bootstrap, [installation.order_topic])


def published_by_epoch(installation: Installation, epoch: int, *, after: int) -> list[Published]:
    return [each for each in published(installation) if each.epoch == epoch and each.event.position > after]


def effects(installation: Installation, *, compares: bool) -> list[tuple[str, str, int]]:
    """What several consumers did that all took every partition for theirs, in order: event, stream, version."""
    installation.query(TABLES)
    records = published(installation)
    consumers = [Consumer(installation.postgres_url, compares=compares) for _ in range(CONSUMERS)]
    for consumer in consumers:
        consumer.assigned({(each.topic, each.partition) for each in records})
    with ThreadPoolExecutor(CONSUMERS) as pool:
        list(pool.map(lambda consumer: consumer.take(records), consumers))
    return [(row[0], row[1], row[2]) for row in installation.query(EFFECTS)]


def assert_each_took_effect_once_and_in_order(installation: Installation) -> None:
    done = effects(installation, compares=True)
    assert sorted(event_id for event_id, _, _ in done) == sorted(
        each.event_id for each in read_store(installation.postgres_url)
    )
    versions: dict[str, list[int]] = defaultdict(list)
    for _, stream, version in done:
        versions[stream].append(version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
