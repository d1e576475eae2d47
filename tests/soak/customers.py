"""Customers who place, repeat, amend, cancel, look and search, at a rate that does not wait for answers.

Every request that changes something is tried under one key until it is answered, as a good client does. What a client
may not take for granted is written down as such: a timeout or a 5xx is `info`, not `fail`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import aiohttp

from tests.soak.journal import Journal
from tests.soak.shop import Answer, Attempt, Customer, Shop
from tests.soak.watching import watch

TIMEOUT = aiohttp.ClientTimeout(total=10)
PATIENCE = 120.0
"""Seconds that a request is tried for."""
UNDECIDED = frozenset({409, 429, 500, 502, 503, 504})
"""409 only with Retry-After: somebody else is on it."""


class Crowd:
    def __init__(self, shop: Shop, customers: Sequence[Customer], journal: Journal, seed: int) -> None:
        self._shop = shop
        self._customers = customers
        self._journal = journal
        self._chance = random.Random(seed)
        self._weights = [1 / rank for rank in range(1, len(shop.skus) + 1)]
        self.tried: Counter[str] = Counter()
        self.attempts: list[Attempt] = []
        self.given_up = 0

    async def come(self, seconds: float, rate: float, then: Callable[[], None] = lambda: None) -> None:
        """Open loop: arrivals are spread by chance, whatever the answers do. `then` is done as the last are served."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        visits: set[asyncio.Task[None]] = set()
        # Each has a connection of its own, as people do: in a queue for a few, a request would end before it was sent.
        everybody = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=TIMEOUT, connector=everybody) as self._http:
            while loop.time() < end:
                visit = loop.create_task(self._visit(self._chance.choice(self._customers)))
                visits.add(visit)
                visit.add_done_callback(visits.discard)
                await asyncio.sleep(self._chance.expovariate(rate))
            await asyncio.to_thread(then)
            for outcome in await asyncio.gather(*visits, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome

    async def _visit(self, customer: Customer) -> None:
        whim, weight = zip(*self._whims().items(), strict=True)
        what = self._chance.choices(whim, weight)[0]
        self.tried[what.__name__.strip("_")] += 1
        await what(customer)

    def _whims(self) -> dict[Any, int]:
        return {
            self._place: 50,
            self._place_twice: 8,
            self._place_other_body: 5,
            self._cancel: 10,
            self._amend: 8,
            self._be_late: 4,
            self._look: 10,
            self._list: 3,
            self._search: 4,
            self._watch: 6,
        }

    async def _place(self, customer: Customer) -> str | None:
        return await self._send_order(customer, self._new_key(), self._basket(customer))

    async def _place_twice(self, customer: Customer) -> None:
        key, basket = self._new_key(), self._basket(customer)
        await asyncio.gather(*(self._send_order(customer, key, basket) for _ in range(3)))

    async def _place_other_body(self, customer: Customer) -> None:
        key, basket = self._new_key(), self._basket(customer)
        await self._send_order(customer, key, basket)
        basket["lines"][0]["quantity"] += 1
        await self._send_order(customer, key, basket)

    async def _cancel(self, customer: Customer) -> None:
        if (order := await self._place(customer)) is not None:
            await asyncio.sleep(self._chance.choice([0, 0, 0.02, 0.1, 0.5]))
            path, body = f"/v1/orders/{order}/cancellation", {"reason": "Ordered twice."}
            await self._change(customer, "cancel", "POST", path, order, body, self._new_key(), None)

    async def _amend(self, customer: Customer) -> None:
        if (order := await self._place(customer)) is not None:
            path, version = f"/v1/orders/{order}/delivery-address", customer.orders[order]
            address = self._address(customer)
            # Two who believe in the same version, with and without a difference: one at most may win.
            await asyncio.gather(
                *(self._change(customer, "amend", "PUT", path, order, address, None, version) for _ in range(2))
            )

    async def _be_late(self, customer: Customer) -> None:
        if (order := await self._place(customer)) is not None:
            path = f"/v1/orders/{order}/delivery-address"
            await self._change(customer, "amend", "PUT", path, order, self._address(customer), None, 77)

    async def _look(self, customer: Customer) -> None:
        if not (self._shop.query_apis and customer.orders):
            return
        order = self._chance.choice(list(customer.orders))
        token = customer.tokens[order]
        facts: dict[str, Any] = {"customer": customer.name, "order": order, "token": token}
        call = self._journal.begin(customer.name, "read", **facts)
        headers = {"Consistency-Token": token, "Prefer": "wait=5"} if token else {}
        answer = await self._ask(
            customer, "GET", self._chance.choice(self._shop.query_apis), f"/v1/orders/{order}", headers
        )
        if answer is None or answer.status != 200:
            self._journal.end(customer.name, call, "read", "info", **facts, status=answer and answer.status)
            return
        version = _version(answer)
        self._journal.end(
            customer.name, call, "read", "ok", **facts, status=200, version=version, text=answer.text[:4000]
        )
        customer.learn(order, version, answer)

    async def _list(self, customer: Customer) -> None:
        await self._browse(customer, "list", "/v1/orders")

    async def _search(self, customer: Customer) -> None:
        """For one's own word, or for that of somebody else, of whom nothing may be found."""
        whose = self._chance.choice(self._customers)
        await self._browse(customer, "search", f"/v1/orders?q={whose.canary}", whose=whose.name)

    async def _browse(self, customer: Customer, op: str, path: str, **more: str) -> None:
        if not self._shop.query_apis:
            return
        facts: dict[str, Any] = {"customer": customer.name, "path": path, **more}
        call = self._journal.begin(customer.name, op, **facts)
        answer = await self._ask(customer, "GET", self._chance.choice(self._shop.query_apis), path, {})
        if answer is None or answer.status != 200:
            self._journal.end(customer.name, call, op, "info", **facts, status=answer and answer.status)
            return
        found = answer.body["total"]["count"]
        self._journal.end(customer.name, call, op, "ok", **facts, status=200, found=found, text=answer.text[:20_000])

    async def _watch(self, customer: Customer) -> None:
        """To the order's end, as a page does that is left open."""
        if self._shop.query_apis and (order := await self._place(customer)) is not None:
            await watch(self._http, self._shop.query_apis, customer, order, self._journal, self._chance.random())

    async def _send_order(self, customer: Customer, key: str, basket: Mapping[str, Any]) -> str | None:
        answer = await self._try(customer, "place", "POST", "/v1/orders", basket, key, None, None)
        if answer is None or answer.status != 201:
            return None
        order = str(answer.body["order_id"])
        customer.learn(order, int(answer.body["version"]), answer)
        return order

    async def _change(
        self,
        customer: Customer,
        op: str,
        method: str,
        path: str,
        order: str,
        body: Mapping[str, Any],
        key: str | None,
        version: int | None,
    ) -> None:
        answer = await self._try(customer, op, method, path, body, key, version, order)
        if answer is not None and answer.status < 300:
            customer.learn(order, int(answer.body["version"]), answer)

    async def _try(
        self,
        customer: Customer,
        op: str,
        method: str,
        path: str,
        body: Mapping[str, Any],
        key: str | None,
        version: int | None,
        order: str | None,
    ) -> Answer | None:
        """Until somebody has answered for sure; each attempt goes to whichever process, and is on record."""
        headers = {"Idempotency-Key": key} if key else {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
        facts: dict[str, Any] = {"customer": customer.name, "canary": customer.canary, "key": key, "body": digest}
        facts |= {"order": order, "if_match": version}
        loop = asyncio.get_running_loop()
        end, pause, unsure = loop.time() + PATIENCE, 0.1, False
        while True:
            call = self._journal.begin(customer.name, op, **facts)
            answer = await self._ask(customer, method, self._chance.choice(self._shop.write_apis), path, headers, body)
            decided = answer is not None and (
                answer.status not in UNDECIDED or (answer.status == 409 and "retry-after" not in answer.headers)
            )
            if decided:
                assert answer is not None
                self._journal.end(customer.name, call, op, self._kind(answer, unsure, key), **self._told(facts, answer))
                return answer
            self._journal.end(customer.name, call, op, "info", **facts, status=answer and answer.status)
            unsure = True
            if loop.time() > end:
                self.given_up += 1
                return None
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1.5))
            pause = min(2.0, pause * 2)

    async def _ask(
        self,
        customer: Customer,
        method: str,
        api: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> Answer | None:
        """One attempt; None where nobody knows what became of it."""
        sent = {**headers, "Authorization": f"Bearer {customer.token}"}
        answer = None
        try:
            async with self._http.request(method, api + path, json=body, headers=sent) as response:
                told = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status, told, await response.text())
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            pass
        at = asyncio.get_running_loop().time()
        self.attempts.append(Attempt(at, method != "GET", answer is not None and answer.status < 500))
        return answer

    def _kind(self, answer: Answer, unsure: bool, key: str | None) -> str:
        if answer.status < 300:
            return "ok"
        # Without a key a refusal may be the answer to one's own earlier attempt, of which nothing was heard.
        return "info" if unsure and key is None else "fail"

    def _told(self, facts: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
        told = {**facts, "status": answer.status}
        if answer.status < 300:
            told |= {"order": answer.body["order_id"], "version": int(answer.body["version"]), "text": answer.text}
        return told

    def _basket(self, customer: Customer) -> dict[str, Any]:
        wanted = set(self._chance.choices(self._shop.skus, self._weights, k=self._chance.randint(1, 5)))
        return {
            "customer_name": customer.canary,
            "customer_email": f"{customer.name}@example.org",
            "lines": [{"sku": sku, "quantity": self._chance.randint(1, 3)} for sku in sorted(wanted)],
            "delivery_address": self._address(customer),
        }

    def _address(self, customer: Customer) -> dict[str, Any]:
        street = f"{self._chance.randint(1, 999)} {customer.canary} Way"
        return {
            "recipient": customer.canary,
            "street": street,
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
        }

    def _new_key(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128)))


def _version(answer: Answer) -> int:
    return int(answer.headers.get("etag", "").strip('W/"') or answer.body.get("version", 0))
