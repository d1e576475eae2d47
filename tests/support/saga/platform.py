"""A platform of a test's own, with an outside world, and what must hold of it whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from tests.backing import Backing
from tests.support.outside import CarrierService, PaymentProvider, carrier, payment_provider
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation, fresh_database
from tests.support.relays.process import RelayProcess
from tests.support.saga.process import SagaProcess
from tests.support.saga.shop import CODEC, ENDS, Order, Shop
from tests.support.waiting import until

PATIENCE = 120.0
PARTICIPANTS = ("inventory", "payment", "shipping", "order")
CATEGORIES = ("order", "reservation", "payment", "shipment")


class World:
    def __init__(self, installation: Installation, provider: PaymentProvider, parcels: CarrierService) -> None:
        self.installation = installation
        self.provider = provider
        self.carrier = parcels
        self.shop = Shop(installation.postgres_url)
        self.running: list[SagaProcess] = []
        self._own = ExitStack()
        self._offsets = Consumer({"bootstrap.servers": installation.kafka_bootstrap, "group.id": "offsets"})
        self._own.callback(self._offsets.close)
        self.relay = self._own.enter_context(RelayProcess(installation.settings()))

    def start(self, *names: str, mutant: str = "none", **settings: str) -> SagaProcess:
        """A process of the saga; further settings as keywords, `ORDERS_` left out."""
        made = SagaProcess(self.settings(**settings), names or ("all",), mutant=mutant)
        self.running.append(made)
        return made

    def settings(self, **more: str) -> dict[str, str]:
        usual = {
            "ORDERS_SAGA__HEALTH_PORT": "0",
            "ORDERS_SAGA__SESSION_SECONDS": "6",
            "ORDERS_SAGA__LOOK_SECONDS": "0.1",
            "ORDERS_SAGA__ASK_SECONDS": "1.5",
            "ORDERS_SAGA__LEASE_SECONDS": "2",
            "ORDERS_SAGA__FIRST_PAUSE": "0.05",
            "ORDERS_SAGA__LONGEST_PAUSE": "0.3",
            "ORDERS_PAYMENTS__URL": self.provider.address,
            "ORDERS_PAYMENTS__ATTEMPT_SECONDS": "0.5",
            "ORDERS_PAYMENTS__DEADLINE_SECONDS": "1",
            "ORDERS_PAYMENTS__BREAKER_FAILURES": "10",
            "ORDERS_CARRIER__URL": self.carrier.address,
            "ORDERS_CARRIER__ATTEMPT_SECONDS": "0.5",
            "ORDERS_CARRIER__DEADLINE_SECONDS": "1",
            "ORDERS_CARRIER__BREAKER_FAILURES": "10",
        }
        return self.installation.settings(**usual | {f"ORDERS_{name}": value for name, value in more.items()})

    def stop(self, *processes: SagaProcess) -> None:
        for process in processes:
            process.close()
            if process in self.running:
                self.running.remove(process)

    def stop_all(self) -> None:
        """Ends what runs of the saga, at once."""
        for process in self.running:
            process.close()
        self.running.clear()

    def close(self) -> None:
        self.stop_all()
        self._own.close()
        self.shop.close()

    def types(self, order: Order) -> list[str]:
        """What has happened to an order, in the log's order."""
        return [
            kind
            for (kind,) in self.shop.query(
                "SELECT type FROM events WHERE stream = ANY (%s) ORDER BY position",
                [f"{category}-{order.order_id}" for category in CATEGORIES],
            )
        ]

    def event(self, order: Order, kind: str) -> Any:
        """The first event of a type that the order has."""
        rows = self.shop.query(
            "SELECT type, schema_version, body FROM events WHERE stream = ANY (%s) AND type = %s ORDER BY position",
            [f"{category}-{order.order_id}" for category in CATEGORIES],
            kind,
        )
        return CODEC.decode(*rows[0])

    def await_types(self, order: Order, *kinds: str, seconds: float = PATIENCE) -> None:
        until(
            lambda: set(kinds) <= set(self.types(order)), f"{kinds} of {order.order_id}: {self.types(order)}", seconds
        )

    def await_ended(self, *orders: Order, seconds: float = PATIENCE) -> list[str]:
        """How each of them ended."""
        wanted = [f"order-{order.order_id}" for order in orders]

        def ended() -> dict[str, str]:
            return dict(
                self.shop.query(
                    "SELECT stream, type FROM events WHERE stream = ANY (%s) AND type = ANY (%s)", wanted, list(ENDS)
                )
            )

        try:
            until(lambda: len(ended()) == len(wanted), "all orders have ended", seconds)
        except AssertionError as error:
            missing = [order for order in orders if f"order-{order.order_id}" not in ended()]
            said = [process.said[-3000:] for process in self.running]
            raise AssertionError(
                f"{len(missing)} not ended, such as {missing[0]}: {self.types(missing[0])}", said
            ) from error
        found = ended()
        return [found[stream] for stream in wanted]

    def await_quiet(self, seconds: float = PATIENCE) -> None:
        """Until nothing is owed, everything that was said is published, and everybody has heard and noted it."""

        def quiet() -> bool:
            return not self.shop.query("SELECT FROM open_intents") and self._all_is_heard()

        until(quiet, "nothing is owed and all is heard", seconds)

    def _all_is_heard(self) -> bool:
        if self.installation.checkpoint() < self.installation.head():
            return False
        topic = self.installation.order_topic
        ends = {
            (f"saga.{name}", number): end
            for number in range(PARTITIONS)
            if (end := self._offsets.get_watermark_offsets(TopicPartition(topic, number), timeout=60)[1])
            for name in PARTICIPANTS
        }
        rows = self.shop.query("SELECT consumer, partition, next_offset FROM consumer_marks WHERE topic = %s", topic)
        marks = {(consumer, number): offset for consumer, number, offset in rows}
        return all(marks.get(place) == end for place, end in ends.items())

    def complaints(self, orders: Iterable[Order]) -> list[str]:
        """What does not hold of orders that have all ended. Empty, if all does."""
        return [*self._about_orders(list(orders)), *self._about_stock()]

    def _about_orders(self, orders: Sequence[Order]) -> Iterator[str]:
        for order in orders:
            kinds = Counter(self.types(order))
            ends = [kind for kind in ENDS if kinds[kind]]
            if len(ends) != 1 or kinds[ends[0]] != 1:
                yield f"{order.order_id} ended as {ends}"
            confirmed = ends == ["order.confirmed"]
            if (balance := self.provider.balance(order.order_id)) != (order.total if confirmed else 0):
                yield f"{order.order_id} is {ends}, and the provider holds {balance} of {order.total}"
            captures = self.provider.effects("charge", order_id=order.order_id)
            if sum(each["status"] == "captured" for each in captures) > 1:
                yield f"{order.order_id} was charged more than once"
            if len(self.carrier.labels(order.order_id)) != int(confirmed):
                yield f"{order.order_id} is {ends} with the labels {self.carrier.labels(order.order_id)}"
            if doubled := [kind for kind, n in kinds.items() if n > 1 and kind != "order.delivery_address_changed"]:
                yield f"{order.order_id} has twice: {doubled}"

    def _about_stock(self) -> Iterator[str]:
        folded = self.folded_stock()
        table = {
            sku: (available, reserved)
            for sku, available, reserved in self.shop.query("SELECT sku, available, reserved FROM stock_levels")
        }
        for sku in sorted(folded.keys() | table.keys()):
            if folded.get(sku, (0, 0)) != table.get(sku, (0, 0)):
                yield f"{sku} is {table.get(sku)} in the table and {folded.get(sku)} by the events"

    def folded_stock(self) -> dict[str, tuple[int, int]]:
        on_hand: Counter[str] = Counter()
        reserved: Counter[str] = Counter()
        for kind, version, body in self.shop.query(
            "SELECT type, schema_version, body FROM events WHERE type LIKE 'stock.%%' OR type LIKE 'inventory.%%'"
        ):
            event = CODEC.decode(kind, version, body)
            if kind == "stock.received":
                on_hand[event.sku] += event.quantity
            for line in event.lines if kind in ("inventory.reserved", "inventory.released") else ():
                reserved[line.sku] += line.quantity if kind == "inventory.reserved" else -line.quantity
        return {sku: (on_hand[sku] - reserved[sku], reserved[sku]) for sku in on_hand}


@contextmanager
def world(backing: Backing, template: str, folder: Path, prefix: str) -> Iterator[World]:
    with fresh_database(backing.postgres_url, template) as url, ExitStack() as stack:
        installation = Installation(url, backing.kafka_bootstrap, prefix)
        installation.push_schemas()
        Topics(KafkaSettings(bootstrap_servers=backing.kafka_bootstrap, partitions=PARTITIONS)).create(
            installation.topics
        )
        made = World(
            installation,
            stack.enter_context(payment_provider(folder)),
            stack.enter_context(carrier(folder)),
        )
        stack.callback(made.close)
        yield made
