"""Processes of the platform that are killed, frozen, replaced, sent back in time, or die at a crash point."""

from __future__ import annotations

from pathlib import Path

from eventing.crash_point_register import CRASH_POINTS
from tests.soak.faults.fault import NotHere, Storm

ASKING = ("payment", "shipping")
HANDLING = ("inventory", "payment", "shipping", "order")
OWNERS = {
    "commands": ("write",),
    "relay": ("relay",),
    "projector": ("projector",),
    "saga/handling": HANDLING,
    "saga/asking": ASKING,
    "saga/answering": ASKING,
    "saga/watchdog": ("watchdog",),
}
"""Whose process a crash point is in, by the first part of its name, and for the saga by its file."""
PATIENCE = 10.0
SKEWED = ("relay", "projector", "watchdog", *HANDLING)
FAKETIME = "faketime/libfaketime.so.1"


def kill_process(storm: Storm) -> str:
    if name := storm.child():
        child = storm.platform.children[name]
        child.kill()
        storm.hold(0, 5)
        child.start()
    return name


def pause_process(storm: Storm) -> str:
    """For longer than leases and sessions last, so that it wakes up as a zombie."""
    if name := storm.child("relay", "projector", "watchdog", *HANDLING):
        child = storm.platform.children[name]
        child.freeze()
        storm.hold(4, 15)
        child.thaw()
    return name


def rolling_restart(storm: Storm) -> str:
    for name in sorted(storm.platform.children):
        if storm.over.is_set():
            break
        child = storm.platform.children[name]
        child.ask_to_end(15)
        child.start()
    return "all, one after another"


def rebalance_storm(storm: Storm) -> str:
    part = storm.chance.choice([*HANDLING, "projector"])
    for _ in range(4):
        for road in "ab":
            child = storm.platform.children[f"{part}-{road}"]
            child.ask_to_end(10) if storm.chance.random() < 0.5 else child.kill()
            child.start()
            storm.hold(0.5, 2)
    return part


def crash_point(storm: Storm) -> str:
    point = storm.chance.choice([name for name in sorted(CRASH_POINTS) if not name.startswith("rebuild.")])
    if not (name := storm.child(*owners(point))):
        return ""
    child = storm.platform.children[name]
    child.kill()
    child.start(ORDERS_CRASH_POINT=f"{point}:{storm.chance.choice([1, 1, 2, 3, 5, 20])}")
    died = child.wait_for_end(PATIENCE)
    child.kill()
    child.start()
    return f"{name} at {point}, {'reached' if died else 'not reached'}"


def owners(point: str) -> tuple[str, ...]:
    part = point.partition(".")[0]
    if part == "saga":
        part = f"saga/{Path(CRASH_POINTS[point].where[0]).stem}"
    return OWNERS[part]


def skew_clock(storm: Storm) -> str:
    """One process believes in another time: ahead, behind, and none that passes."""
    library = next(iter(Path("/usr/lib").glob(f"*/{FAKETIME}")), None)
    if library is None:
        raise NotHere("libfaketime is not installed")
    if not (name := storm.child(*SKEWED)):
        return ""
    skew = storm.chance.choice(["+300s", "-300s", "+0 x0.01"])
    child = storm.platform.children[name]
    child.kill()
    # What waits, waits by the monotonic clock, which no administrator and no time server ever sets.
    child.start(LD_PRELOAD=str(library), FAKETIME=skew, DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
    storm.hold(6, 15)
    child.kill()
    child.start()
    return f"{name} by {skew}"
