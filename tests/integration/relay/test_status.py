"""What `orders relay status` and the metrics say, beside what is so: while all goes well, and while nothing goes."""

from __future__ import annotations

from tests.integration.relay.conftest import AskStatus, StartRelay
from tests.integration.relay.test_crashes import leader_among
from tests.support.relays.installation import Installation, write
from tests.support.relays.metrics import metric
from tests.support.relays.process import RelayProcess
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

EVENTS = 3000
AGE_OF_THE_OLDEST = """
    SELECT extract(epoch FROM clock_timestamp() - min(recorded_at))::float8 FROM events
    WHERE position > (SELECT position FROM relays)
"""


def test_while_nothing_can_be_published_the_lag_grows_in_events_and_in_seconds(
    behind_proxy: Installation, start_relay: StartRelay, ask_status: AskStatus, proxy: TcpProxy
) -> None:
    installation = behind_proxy
    relay = start_relay(installation)
    write(installation, 5)
    installation.await_published()
    assert lag(installation, ask_status) == (0, 0.0)
    assert metric(relay, "failures_total") == 0

    proxy.refuse()
    proxy.cut()
    write(installation, 10)
    assert_says(installation, ask_status, relay, checkpoint=10, head=30)
    write(installation, 5)
    assert_says(installation, ask_status, relay, checkpoint=10, head=40)
    first_age = assert_age_is_true(installation, ask_status)
    until(lambda: metric(relay, "lag_seconds") > first_age + 1, "the age of the oldest grows with time")
    assert assert_age_is_true(installation, ask_status) > first_age + 1
    assert metric(relay, "lag_seconds") <= age_of_the_oldest(installation)
    until(lambda: "Kafka" in str(ask_status(installation).answer["last_error"]), "the status says what is wrong")
    assert metric(relay, "in_trouble") == 1
    assert metric(relay, "failures_total") >= 1

    proxy.heal()
    installation.await_published()
    assert_says(installation, ask_status, relay, checkpoint=40, head=40)
    assert lag(installation, ask_status) == (0, 0.0)
    until(lambda: metric(relay, "lag_seconds") == metric(relay, "in_trouble") == 0, "nothing is in the way any more")
    assert metric(relay, "published_total") == 40
    assert "Kafka" in ask_status(installation).answer["last_error"], "what went wrong last can still be read"


def test_who_begins_to_lead_while_kafka_is_away_tells_how_far_behind_and_why(
    behind_proxy: Installation, start_relay: StartRelay, ask_status: AskStatus, proxy: TcpProxy
) -> None:
    installation = behind_proxy
    proxy.refuse()
    relay = start_relay(installation)
    until(lambda: metric(relay, "leading") == 1, "it leads")
    write(installation, 5)

    assert_says(installation, ask_status, relay, checkpoint=0, head=10)
    until(lambda: metric(relay, "lag_seconds") > 0, "the age of the oldest is told")
    until(lambda: "Kafka" in str(ask_status(installation).answer["last_error"]), "the status says what is wrong")
    assert metric(relay, "in_trouble") == 1

    proxy.heal()
    installation.await_published()
    until(lambda: metric(relay, "lag_events") == metric(relay, "in_trouble") == 0, "nothing is in the way any more")


def test_who_leads_and_in_which_epoch_is_told_by_all(
    installation: Installation, start_relay: StartRelay, ask_status: AskStatus
) -> None:
    nobody = ask_status(installation)
    assert (nobody.status, nobody.answer["leader"], nobody.answer["epoch"]) == (1, None, None)

    relays = [start_relay(installation), start_relay(installation)]
    write(installation, 5)
    installation.await_published()
    leader = leader_among(installation, relays)
    other = next(relay for relay in relays if relay is not leader)

    assert_leads(installation, ask_status, leader, epoch=1)
    assert [metric(other, name) for name in ("leading", "epoch", "tenures_total", "published_total")] == [0, 0, 0, 0]
    until(lambda: metric(other, "checkpoint_position") == metric(other, "log_head_position") == 10, "the other knows")

    leader.ask_to_end()
    assert leader.wait() == 0
    until(lambda: metric(other, "leading") == 1, "the other one leads")
    assert_leads(installation, ask_status, other, epoch=2)
    write(installation, 5)
    installation.await_published()
    until(lambda: metric(other, "published_total") == 10, "it counts what it published, and not what the first one did")
    assert ask_status(installation).answer["last_error"] is None


def test_the_rate_is_what_was_published_lately_and_nothing_when_nobody_leads(
    installation: Installation, start_relay: StartRelay, ask_status: AskStatus
) -> None:
    write(installation, EVENTS // 2)
    relay = start_relay(installation)
    installation.await_published()
    # Smoothed over five seconds: a part of what was published, and never more than all of it in one second.
    until(lambda: ask_status(installation).answer["rate"] > EVENTS / 20, "the rate is told")
    rate = ask_status(installation).answer["rate"]

    assert rate <= EVENTS
    assert 0 < metric(relay, "events_per_second") <= EVENTS
    until(lambda: ask_status(installation).answer["rate"] < rate, "it falls when nothing comes any more")

    relay.kill()
    until(lambda: ask_status(installation).status == 1, "its lease has expired")
    assert ask_status(installation).answer["rate"] == 0


def assert_says(
    installation: Installation, ask_status: AskStatus, relay: RelayProcess, *, checkpoint: int, head: int
) -> None:
    """The status at once, the metrics within a second or so: status and truth are read in one statement each."""
    said = ask_status(installation).answer
    assert (said["checkpoint"], said["head"], said["lag_events"]) == (checkpoint, head, head - checkpoint)
    expected = {"checkpoint_position": checkpoint, "log_head_position": head, "lag_events": head - checkpoint}
    until(lambda: {name: metric(relay, name) for name in expected} == expected, f"the metrics say {expected}")


def assert_age_is_true(installation: Installation, ask_status: AskStatus) -> float:
    before = age_of_the_oldest(installation)
    said = float(ask_status(installation).answer["lag_seconds"])
    assert before <= said <= age_of_the_oldest(installation)
    return said


def age_of_the_oldest(installation: Installation) -> float:
    return float(installation.query(AGE_OF_THE_OLDEST)[0][0])


def lag(installation: Installation, ask_status: AskStatus) -> tuple[int, float]:
    said = ask_status(installation).answer
    return said["lag_events"], said["lag_seconds"]


def assert_leads(installation: Installation, ask_status: AskStatus, relay: RelayProcess, *, epoch: int) -> None:
    said = ask_status(installation)
    assert (said.status, said.answer["epoch"]) == (0, epoch)
    assert relay.holder in said.answer["leader"]
    assert [metric(relay, name) for name in ("leading", "epoch", "tenures_total")] == [1, epoch, 1]
