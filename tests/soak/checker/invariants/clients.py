"""What clients were told, against what is stored: I1, I3, I16, I17, I19, I22."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tests.soak.checker.evidence import Evidence, Step
from tests.soak.checker.finding import Finding


def acknowledged(evidence: Evidence) -> Finding:
    finding = Finding("I1", "what was acknowledged is stored, what was refused is not")
    versions = {(event.key, event.version) for event in evidence.events if event.stream.startswith("order-")}
    told = [step for step in evidence.journal if step.kind == "ok" and step.op in ("place", "amend", "cancel")]
    for step in told:
        order, version = step.facts["order"], step.facts["version"]
        finding.check((order, version) in versions, f"{step.client}/{step.call}: {step.op} of {order} was lost")
    known = {step.facts["order"] for step in told if step.op == "place"}
    settled_keys = {_key(step) for step in told if step.op == "place"}
    unknown_keys = {
        _key(step) for step in evidence.journal if step.op == "place" and step.kind == "info"
    } - settled_keys
    extra = [order for order in evidence.orders if order not in known]
    finding.check(
        len(extra) <= len(unknown_keys), f"{len(extra)} orders nobody was told of, {len(unknown_keys)} questions open"
    )
    return finding


def one_winner(evidence: Evidence) -> Finding:
    finding = Finding("I3", "of all who believed in one version of an order, one at most has won")
    winners: dict[tuple[str, int], set[str]] = defaultdict(set)
    for step in evidence.journal:
        # Whoever was answered with the version that was believed in has changed nothing, and won over nobody.
        if step.kind == "ok" and step.facts.get("if_match") and step.facts["version"] > step.facts["if_match"]:
            winners[step.facts["order"], step.facts["if_match"]].add(f"{step.facts.get('key') or step.call}")
    for (order, version), who in winners.items():
        finding.check(len(who) == 1, f"{order}@{version} was changed by {sorted(who)}: {evidence.history(order)}")
    return finding


def one_answer(evidence: Evidence) -> Finding:
    finding = Finding("I17", "one key has one effect and one answer; another body under it is refused")
    answers: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for step in evidence.journal:
        if step.op == "place" and step.kind in ("ok", "fail") and step.facts.get("status") != 409:
            answer = f"{step.facts['status']} {step.facts.get('order', '')}"
            answers[_key(step)][step.facts["body"]].add(answer)
    for key, bodies in answers.items():
        accepted = {answer for told in bodies.values() for answer in told if answer.startswith("201")}
        finding.check(len(accepted) <= 1, f"{key} had the effects {sorted(accepted)}")
        for told in bodies.values():
            definite = {answer for answer in told if not answer.startswith(("401", "429"))}
            finding.check(len(definite) <= 1, f"{key} was answered in several ways: {sorted(definite)}")
        taken = [body for body, told in bodies.items() if any(answer.startswith("201") for answer in told)]
        finding.check(len(taken) <= 1, f"{key} was accepted with {len(taken)} bodies")
    return finding


def sessions(evidence: Evidence) -> Finding:
    """What a reader may demand is what it had been told of the order when it asked: its token stands for no more."""
    finding = Finding("I16", "a session sees its own writes and never an older version, unless it is told so")
    seen: dict[tuple[str, str], int] = defaultdict(int)
    asked: dict[tuple[str, int], int] = {}
    for step in evidence.journal:
        order, version = step.facts.get("order"), step.facts.get("version")
        if order is None or step.op not in ("place", "amend", "cancel", "read"):
            continue
        place = step.client, order
        if step.op == "read" and step.kind == "invoke":
            asked[step.client, step.call] = seen[place]
        if step.kind != "ok" or version is None:
            continue
        if step.op == "read" and step.facts.get("token"):
            known = asked.get((step.client, step.call), 0)
            finding.check(version >= known, f"{step.client} read {order}@{version} after {known} with its token")
        seen[place] = max(seen[place], version)
    return finding


def sockets(evidence: Evidence) -> Finding:
    finding = Finding("I19", "whoever watched an order to its end was shown each of its versions once, and the last")
    last: Mapping[str, int] = {
        event.key: event.version for event in evidence.events if event.stream.startswith("order-")
    }
    for step in evidence.journal:
        if step.op == "watch" and step.kind == "ok":
            order, shown = step.facts["order"], list(step.facts["versions"])
            expected = list(range(1, last.get(order, 0) + 1))
            finding.check(shown == expected, f"{step.client} was shown {order} in the versions {shown}, not {expected}")
    return finding


def canaries(evidence: Evidence) -> Finding:
    finding = Finding("I22", "no answer holds what belongs to another customer")
    own = {step.facts["customer"]: step.facts["canary"] for step in evidence.journal if step.facts.get("canary")}
    for step in evidence.journal:
        text = step.facts.get("text")
        if not text:
            continue
        foreign = [whose for whose, canary in own.items() if canary in text and whose != step.facts.get("customer")]
        finding.check(not foreign, f"{step.client}/{step.call} ({step.facts.get('customer')}) saw data of {foreign}")
        if step.op == "search" and step.facts["whose"] != step.facts["customer"]:
            # Nobody but its owner has orders with that word, so that even a number would tell of somebody else's.
            found = step.facts["found"]
            finding.check(found == 0, f"{step.client}/{step.call} found {found} orders of {step.facts['whose']}")
    return finding


def _key(step: Step) -> tuple[str, str]:
    return str(step.facts.get("customer")), str(step.facts.get("key"))


INVARIANTS = (acknowledged, one_winner, sessions, one_answer, sockets, canaries)
