from __future__ import annotations

import pytest

from eventing.errors import Unavailable
from eventing.leases import LeadershipLost, Lease, LeaseKeeper, Tenure

TTL = 3.0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Row:
    """The lease of a database whose clock is the same, unless it can't be reached."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lease: tuple[str, int, float] | None = None
        self.away = False

    def look(self) -> Lease | None:
        self._reach()
        return Lease(self.lease[0], self.lease[1], self.lease[2] - self.clock()) if self.lease else None

    def take(self, holder: str, ttl: float) -> int | None:
        self._reach()
        if self.lease and self.lease[2] > self.clock():
            return None
        epoch = self.lease[1] + 1 if self.lease else 1
        self.lease = (holder, epoch, self.clock() + ttl)
        return epoch

    def renew(self, holder: str, epoch: int, ttl: float) -> bool:
        self._reach()
        if self.lease is None or self.lease[:2] != (holder, epoch):
            return False
        self.lease = (holder, epoch, self.clock() + ttl)
        return True

    def give_up(self, holder: str, epoch: int) -> None:
        self._reach()
        if self.lease and self.lease[:2] == (holder, epoch):
            self.lease = (holder, epoch, self.clock())

    def _reach(self) -> None:
        if self.away:
            raise Unavailable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def row(clock: Clock) -> Row:
    return Row(clock)


def keeper(row: Row, holder: str) -> LeaseKeeper:
    return LeaseKeeper(row, holder, TTL, clock=row.clock)


def tenure_of(keeper: LeaseKeeper) -> Tenure:
    found = keeper.wait_for_tenure(0)
    assert found
    return found


def test_the_first_to_look_leads_and_the_second_knows_who_does(row: Row) -> None:
    first, second = keeper(row, "first"), keeper(row, "second")

    first.tend()
    second.tend()

    assert tenure_of(first).holds()
    assert second.wait_for_tenure(0) is None
    leader = second.leader()
    assert leader
    assert leader.holder == "first"


def test_a_leader_that_can_not_renew_stops_at_two_thirds_of_its_time(row: Row, clock: Clock) -> None:
    leader = keeper(row, "leader")
    leader.tend()
    tenure = tenure_of(leader)
    row.away = True

    clock.now += TTL * 2 / 3 - 0.01
    assert tenure.holds()
    clock.now += 0.02
    assert not tenure.holds()
    with pytest.raises(LeadershipLost):
        tenure.demand()


def test_nobody_takes_over_before_the_leader_has_stopped(row: Row, clock: Clock) -> None:
    leader, other = keeper(row, "leader"), keeper(row, "other")
    leader.tend()
    tenure = tenure_of(leader)

    while other.wait_for_tenure(0) is None:
        clock.now += 0.1
        other.tend()

    assert not tenure.holds()
    assert tenure_of(other).epoch == tenure.epoch + 1


def test_a_tenure_that_has_ended_is_not_brought_back_by_a_late_renewal(row: Row, clock: Clock) -> None:
    leader = keeper(row, "leader")
    leader.tend()
    old = tenure_of(leader)
    clock.now += TTL * 2 / 3 + 0.1
    assert not old.holds()

    leader.tend()  # notices, and gives the lease up
    leader.tend()

    assert not old.holds()
    assert tenure_of(leader).epoch == old.epoch + 1


def test_renewals_keep_a_tenure_going(row: Row, clock: Clock) -> None:
    leader = keeper(row, "leader")
    leader.tend()
    for _ in range(20):
        clock.now += leader.pause()
        leader.tend()

    assert tenure_of(leader).holds()
    assert tenure_of(leader).epoch == 1


def test_a_leader_whose_lease_was_taken_learns_it_at_its_next_renewal(row: Row, clock: Clock) -> None:
    leader = keeper(row, "leader")
    leader.tend()
    tenure = tenure_of(leader)
    dropped: list[str] = []
    tenure.at_end(lambda: dropped.append("what is unsent"))
    row.lease = ("other", 2, clock.now + TTL)

    leader.tend()

    assert not tenure.holds()
    assert dropped == ["what is unsent"]
    assert leader.wait_for_tenure(0) is None


def test_a_lease_that_is_given_up_is_free_at_once(row: Row) -> None:
    leader, other = keeper(row, "leader"), keeper(row, "other")
    leader.start()
    assert leader.wait_for_tenure(5)

    leader.stop()
    other.tend()

    assert tenure_of(other).epoch == 2
