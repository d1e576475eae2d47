"""Customers who order, change their minds, send twice, and ask for what can't be."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from eventing.errors import OrderloomError
from operations.demo.client import TRY_LATER, Answer, Client
from operations.demo.goods import CUSTOMERS, PRODUCTS, UNKNOWN_SKU, Customer
from operations.demo.stage import Stage

AT_A_TIME: Final = 3
ORDERS_A_SECOND: Final = 5.0
"""Of each of them."""
TOO_MANY: Final = 5000
CREATED: Final = 201
TOO_LATE: Final = {412: "refused: the order has moved on", 409: "refused: too late"}
"""A customer who takes a moment may find the order confirmed, or with the carrier."""


@contextmanager
def customers(stage: Stage) -> Iterator[None]:
    """They go on until the demo ends; an answer that nobody expects ends it at once."""
    gone = threading.Event()
    shoppers = [Shopper(stage, gone) for _ in range(AT_A_TIME)]
    threads = [threading.Thread(target=shopper.shop, daemon=True) for shopper in shoppers]
    for shopper, thread in zip(shoppers, threads, strict=True):
        stage.watched.append(shopper.demand_well)
        thread.start()
    try:
        yield
    finally:
        gone.set()
        for shopper, thread in zip(shoppers, threads, strict=True):
            thread.join()
            stage.watched.remove(shopper.demand_well)
            shopper.demand_well()


class _Gone(Exception):
    """The shop was too busy to answer, and the demo has ended: the customer leaves without."""


class Shopper:
    def __init__(self, stage: Stage, gone: threading.Event) -> None:
        self._stage = stage
        self._board = stage.board
        self._gone = gone
        self._chance = random.Random()  # noqa: S311
        self._client = Client(stage.write_api, gone)
        self._failure: OrderloomError | None = None

    def shop(self) -> None:
        try:
            while not self._gone.wait(self._chance.expovariate(ORDERS_A_SECOND)):
                self._visit(self._chance.choice(CUSTOMERS))
        except _Gone:
            pass
        except OrderloomError as error:
            self._failure = error
        finally:
            self._client.close()

    def demand_well(self) -> None:
        if self._failure:
            raise self._failure

    def _visit(self, customer: Customer) -> None:
        whim = self._chance.choices(
            [self._just_order, self._move, self._cancel, self._send_twice, self._be_late, self._ask_in_vain],
            weights=[60, 12, 10, 6, 4, 8],
        )[0]
        whim(customer)

    def _just_order(self, customer: Customer) -> None:
        self._place(customer)

    def _move(self, customer: Customer) -> None:
        self._after_placing(
            customer,
            lambda order, etag: self._change(customer, order, etag),
            {200: "address changed", **TOO_LATE},
        )

    def _cancel(self, customer: Customer) -> None:
        self._after_placing(
            customer,
            lambda order, etag: self._send(
                customer, "POST", f"/v1/orders/{order}/cancellation", {"reason": "Ordered twice."}, if_match=etag
            ),
            {202: "cancellation asked", **TOO_LATE},
        )

    def _be_late(self, customer: Customer) -> None:
        """Sends a version that is not the order's any more."""
        self._after_placing(
            customer, lambda order, _: self._change(customer, order, '"77"'), {412: "refused: stale version"}
        )

    def _send_twice(self, customer: Customer) -> None:
        key, body = str(uuid4()), self._basket(customer)
        first = self._place(customer, body, key)
        again = self._send(customer, "POST", "/v1/orders", body, key=key)
        self._expect(again, CREATED, "sent twice, done once")
        if again.body != first.body:
            raise OrderloomError(f"The order {first.body['order_id']}, sent twice under one key, got two answers.")

    def _ask_in_vain(self, customer: Customer) -> None:
        body = self._basket(customer)
        if self._chance.random() < 0.5:
            body["lines"][0]["sku"] = UNKNOWN_SKU
            expected = "unknown_sku"
        else:
            body["lines"][0]["quantity"] = TOO_MANY
            expected = "quantity_out_of_range"
        answer = self._send(customer, "POST", "/v1/orders", body)
        self._expect(answer, answer.status if answer.code == expected else 0, f"refused: {expected}")

    def _place(self, customer: Customer, body: dict[str, Any] | None = None, key: str | None = None) -> Answer:
        answer = self._send(customer, "POST", "/v1/orders", body or self._basket(customer), key=key)
        self._expect(answer, CREATED, "order placed")
        lines = answer.body["lines"]
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        self._board.tell(f"{customer.name} ordered {lines[0]['quantity']} × {lines[0]['name']}{more}")
        return answer

    def _after_placing(
        self, customer: Customer, act: Callable[[str, str], Answer], outcomes: Mapping[int, str]
    ) -> None:
        placed = self._place(customer)
        answer = act(placed.body["order_id"], placed.headers["etag"])
        expected = answer.status if answer.status in outcomes else next(iter(outcomes))
        self._expect(answer, expected, outcomes[expected])

    def _change(self, customer: Customer, order: str, etag: str) -> Answer:
        elsewhere = self._chance.choice([other for other in CUSTOMERS if other != customer]).address
        return self._send(customer, "PUT", f"/v1/orders/{order}/delivery-address", elsewhere, if_match=etag)

    def _basket(self, customer: Customer) -> dict[str, Any]:
        chosen = self._chance.sample(PRODUCTS, self._chance.randint(1, 4))
        return {
            "customer_name": customer.name,
            "customer_email": f"{customer.subject}@example.org",
            "lines": [{"sku": product.sku, "quantity": self._chance.randint(1, 3)} for product in chosen],
            "delivery_address": customer.address,
        }

    def _send(self, customer: Customer, method: str, path: str, body: object, **more: str | None) -> Answer:
        token = self._stage.token("customer", customer.subject)
        return self._client.send(method, path, body, token, **more)

    def _expect(self, answer: Answer, status: int, outcome: str) -> None:
        if answer.status in TRY_LATER and self._gone.is_set():
            raise _Gone
        if answer.status != status:
            detail = answer.body.get("detail", answer.code)
            raise OrderloomError(f"The demo expected {outcome!r}, but the write API said {answer.status}: {detail}")
        self._board.count_command(outcome)
