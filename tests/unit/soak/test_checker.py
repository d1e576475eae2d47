"""A checker that has never failed proves nothing: each invariant is broken once, and it alone says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.soak.checker.evidence import Effect, Event, Evidence, Published, Step
from tests.soak.checker.judging import as_text, judge
from tests.soak.checker.murmur import partition_of

GOOD, BAD = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
LINES = [{"sku": "MUG", "quantity": 2}]


def placed(order: str) -> dict[str, Any]:
    address = {"city": "Berlin"}
    return {"order_id": order, "customer_id": "ada", "total": 2900, "currency": "EUR", "delivery_address": address}


STORY: Sequence[tuple[str, str, dict[str, Any]]] = [
    ("stock-MUG", "stock.received", {"sku": "MUG", "quantity": 3}),
    (f"order-{GOOD}", "order.placed", placed(GOOD)),
    (f"reservation-{GOOD}", "inventory.reserved", {"lines": LINES}),
    (f"payment-{GOOD}", "payment.requested", {"provider_key": "k1"}),
    (f"payment-{GOOD}", "payment.charged", {"amount": 2900}),
    (f"shipment-{GOOD}", "shipping.requested", {}),
    (f"shipment-{GOOD}", "shipping.label_created", {}),
    (f"order-{GOOD}", "order.confirmed", {}),
    (f"order-{BAD}", "order.placed", placed(BAD)),
    (f"reservation-{BAD}", "inventory.rejected", {}),
    (f"order-{BAD}", "order.failed", {}),
]


def events(story: Sequence[tuple[str, str, dict[str, Any]]]) -> list[Event]:
    versions: dict[str, int] = {}
    made = []
    for position, (stream, kind, data) in enumerate(story, 1):
        versions[stream] = versions.get(stream, 0) + 1
        made.append(Event(position, stream, versions[stream], f"e{position}", kind, 2, position, b"body", data))
    return made


def publish(stored: Sequence[Event]) -> list[Published]:
    offsets: dict[tuple[str, int], int] = {}
    made = []
    for event in stored:
        topic = "stock" if event.stream.startswith("stock") else "orders"
        partition = partition_of(event.key, 6)
        offset = offsets[topic, partition] = offsets.get((topic, partition), -1) + 1
        value = b"\0\0\0\0\1" + event.body
        made.append(
            Published(
                topic, partition, offset, event.key, value, event.id, event.stream, event.version, event.position, 1
            )
        )
    return made


def step(call: int, op: str, kind: str = "ok", **facts: Any) -> Step:
    facts = {"customer": "ada", "canary": "ada-canary", **facts}
    return Step(float(call), "c1", call, op, kind, facts)


def right() -> Evidence:
    stored = events(STORY)
    shown = {
        GOOD: {**placed(GOOD), "status": "confirmed", "version": 2},
        BAD: {**placed(BAD), "status": "failed", "version": 2},
    }
    return Evidence(
        events=stored,
        published=publish(stored),
        journal=[
            step(1, "place", order=GOOD, version=1, key="a", body="x", status=201),
            step(2, "place", order=BAD, version=1, key="b", body="y", status=201),
            step(3, "place", "fail", key="a", body="z", status=422),
            step(4, "read", "invoke", order=GOOD, token="t"),
            step(8, "read", "invoke", order=GOOD, token="t"),
            step(4, "read", order=GOOD, version=2, token="t", text="fine"),
            step(5, "watch", order=GOOD, versions=[1, 2]),
            step(6, "amend", order=GOOD, version=2, if_match=1, key="m"),
            # asked before anybody had been told of version 2
            step(8, "read", order=GOOD, version=1, token="t", text="fine"),
            step(9, "search", customer="bob", canary="bob-canary", whose="ada", found=0, text='{"orders":[]}'),
            step(6, "store_verify"),
            step(7, "digest", position=1, digest="5b4ac9d1"),
        ],
        payments=[Effect(1, "charge", "k1", "captured", "ch1", None, GOOD, 2900, "EUR")],
        labels=[Effect(1, "book", "l1", "created", "lb1", None, GOOD, 0, "")],
        calls={("charge", "k1"): 1},
        tables={"stock_levels": [("MUG", 1, 2)], "relay": [(11, 11)]},
        views={"order_summary": shown},
    )


def with_digest(evidence: Evidence) -> Evidence:
    import hashlib

    first = evidence.events[0]
    digest = hashlib.sha256(f"{first.position} {first.id} ".encode() + first.body).hexdigest()
    journal = [s if s.op != "digest" else s._replace(facts={**s.facts, "digest": digest}) for s in evidence.journal]
    return replace(evidence, journal=journal)


def drop(position: int) -> Callable[[Evidence], Evidence]:
    return lambda e: replace(e, events=[event for event in e.events if event.position != position])


def retell(
    change: Callable[[list[tuple[str, str, dict[str, Any]]]], object], **more: Any
) -> Callable[[Evidence], Evidence]:
    """The story with something changed, published as it is stored."""

    def broken(evidence: Evidence) -> Evidence:
        story = list(STORY)
        change(story)
        stored = events(story)
        return replace(evidence, events=stored, published=publish(stored), **more)

    return broken


def republish(change: Callable[[list[Published]], object]) -> Callable[[Evidence], Evidence]:
    def broken(evidence: Evidence) -> Evidence:
        published = list(evidence.published)
        change(published)
        return replace(evidence, published=published)

    return broken


def tell(*steps: Step) -> Callable[[Evidence], Evidence]:
    return lambda e: replace(e, journal=[*e.journal, *steps])


def show(**changed: Any) -> Callable[[Evidence], Evidence]:
    return lambda e: replace(e, views={"order_summary": {**e.views["order_summary"], **changed}})


REFUND = Effect(2, "refund", "r1", "refunded", "re1", "ch1", GOOD, 2900, "EUR")
TWICE = Effect(2, "charge", "k1b", "captured", "ch2", None, GOOD, 2900, "EUR")

BROKEN: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("I1", tell(step(9, "place", order="lost", version=1, key="c", body="w", status=201))),
    ("I2", drop(5)),
    ("I2", lambda e: replace(e, events=[v._replace(version=3) if v.position == 8 else v for v in e.events])),
    ("I3", tell(*(step(n, "amend", order=GOOD, version=2, if_match=1, key=f"k{n}") for n in (9, 10)))),
    ("I4+I7", republish(lambda p: p.pop())),
    ("I4+I7", republish(lambda p: p.append(p[0]._replace(id="phantom", position=99)))),
    ("I5", republish(lambda p: p.insert(1, p.pop(7)))),
    ("I6", republish(lambda p: p.append(p[0]._replace(value=b"\0\0\0\0\1other")))),
    ("I8", republish(lambda p: p.append(p[0]._replace(partition=p[0].partition + 1)))),
    ("I9", retell(lambda s: s.insert(5, (f"payment-{GOOD}", "payment.charged", {"amount": 2900})))),
    ("I9", lambda e: replace(e, payments=[*e.payments, TWICE])),
    ("I10", retell(lambda s: s.__setitem__(0, ("stock-MUG", "stock.received", {"sku": "MUG", "quantity": 1})))),
    ("I10", lambda e: replace(e, tables={**e.tables, "stock_levels": [("MUG", 2, 1)]})),
    ("I11", lambda e: replace(e, payments=[*e.payments, REFUND])),
    ("I11", lambda e: replace(e, payments=[e.payments[0]._replace(order_id=BAD)])),
    ("I12", retell(lambda s: s.__setitem__(9, (f"reservation-{BAD}", "inventory.reserved", {"lines": []})))),
    ("I12", lambda e: replace(e, labels=[*e.labels, e.labels[0]._replace(reference="lb2", order_id=BAD)])),
    ("I13", retell(lambda s: s.pop(6))),
    ("I13", retell(lambda s: s.append((f"order-{GOOD}", "order.cancelled", {})))),
    ("I14", retell(lambda s: s.pop())),
    ("I14", lambda e: replace(e, tables={**e.tables, "relay": [(9, 11)]})),
    ("I15", show(**{GOOD: {**placed(GOOD), "status": "failed", "version": 2}})),
    ("I15", show(phantom={})),
    ("I16", tell(step(9, "read", "invoke", order=GOOD, token="t"), step(9, "read", order=GOOD, version=1, token="t"))),
    ("I17", tell(step(9, "place", order=BAD, version=1, key="a", body="x", status=201))),
    ("I18", republish(lambda p: p.__setitem__(1, p[1]._replace(epoch=2)))),
    ("I19", tell(step(9, "watch", order=GOOD, versions=[1]))),
    ("I19", tell(step(9, "watch", order=GOOD, versions=[2]))),
    ("I19", tell(step(9, "watch", order=GOOD, versions=[1, 2, 2]))),
    ("I20", tell(step(9, "store_verify", "fail", text="a gap"))),
    ("I21", lambda e: replace(e, tables={**e.tables, "parked": [("payment", GOOD, "bug", "Division by zero.")]})),
    ("I22", tell(step(9, "read", customer="bob", canary="bob-canary", text="… ada-canary …"))),
    ("I22", tell(step(9, "list", customer="bob", canary="bob-canary", text="… ada-canary …"))),
    ("I22", tell(step(9, "search", customer="bob", canary="bob-canary", whose="bob", found=1, text="… ada-canary …"))),
    ("I22", tell(step(9, "search", customer="bob", canary="bob-canary", whose="ada", found=1, text='{"orders":[]}'))),
    ("I23", lambda e: replace(e, events=[e.events[0]._replace(body=b"other"), *e.events[1:]])),
    ("I24", lambda e: replace(e, calls={("charge", "k1"): 1, ("charge", "stray"): 1})),
]


def red(evidence: Evidence) -> set[str]:
    return {finding.invariant for finding in judge(evidence) if finding.violations}


def test_a_run_in_which_all_went_well_is_clean() -> None:
    findings = judge(with_digest(right()))

    assert not red(with_digest(right())), as_text(findings)
    assert not [finding.invariant for finding in findings if finding.skipped or not finding.looked_at]


@pytest.mark.parametrize(("invariant", "break_it"), BROKEN)
def test_what_breaks_an_invariant_is_found(invariant: str, break_it: Callable[[Evidence], Evidence]) -> None:
    assert invariant in red(break_it(with_digest(right())))


def test_every_invariant_is_broken_once() -> None:
    assert {finding.invariant for finding in judge(right())} == {invariant for invariant, _ in BROKEN}


def test_what_could_not_be_checked_is_not_called_right() -> None:
    findings = judge(replace(right(), journal=[], views={}))

    assert {finding.invariant for finding in findings if finding.skipped} == {"I15", "I20", "I23"}
