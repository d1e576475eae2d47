"""What is done to the platform while customers order: trouble outside, a leader killed, a read model folded anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from eventing.errors import OrderloomError
from operations.demo.children import finished
from operations.demo.outsiders import projection_lag, set_faults
from operations.demo.stage import Service, Stage

BEFORE: Final = 3.0
BETWEEN: Final = 4.0
SLOW_SECONDS: Final = 4.0
LAG_SECONDS: Final = 0.5
REBUILT: Final = "order_summary"

DECLINES: Final[Sequence[dict[str, Any]]] = (
    {"operation": "charge", "fault": "decline", "probability": 0.08, "code": "card_declined"},
    {"operation": "charge", "fault": "lost_reply", "probability": 0.03},
)
REFUSALS: Final[Sequence[dict[str, Any]]] = (
    {"operation": "book", "fault": "decline", "probability": 0.05, "code": "address_not_served"},
)


@contextmanager
def scenes(stage: Stage) -> Iterator[None]:
    """One after another, round and round; a scene that fails ends the demo."""
    play = Play(stage)
    threads = [threading.Thread(target=act, daemon=True) for act in (play.run, play.watch_lag)]
    for thread in threads:
        thread.start()
    stage.watched.append(play.demand_well)
    try:
        yield
    finally:
        play.over.set()
        for thread in threads:
            thread.join()
        stage.watched.remove(play.demand_well)
        with suppress(OrderloomError):
            play.go_right()
    play.demand_well()


class Play:
    def __init__(self, stage: Stage) -> None:
        self.over = threading.Event()
        self._stage = stage
        self._failure: OrderloomError | None = None

    def run(self) -> None:
        acts: Sequence[Callable[[], None]] = (self._slow_provider, self._takeover, self._rebuild)
        try:
            self.everyday()
            self.over.wait(BEFORE)
            while not self.over.is_set():
                for act in acts:
                    if not self.over.is_set():
                        act()
                        self._stage.board.scene = ""
                        self.over.wait(BETWEEN)
        except OrderloomError as error:
            self._failure = error

    def demand_well(self) -> None:
        if self._failure:
            raise self._failure

    def everyday(self) -> None:
        """Some cards are declined, some replies get lost, some addresses can't be served."""
        set_faults(self._stage.payments, DECLINES)
        set_faults(self._stage.carrier, REFUSALS)

    def go_right(self) -> None:
        set_faults(self._stage.payments, ())
        set_faults(self._stage.carrier, ())

    def watch_lag(self) -> None:
        while not self.over.wait(LAG_SECONDS):
            with suppress(OrderloomError):
                self._stage.board.projection_lag = projection_lag(self._stage.projector)

    def _slow_provider(self) -> None:
        self._tell("The payment provider takes two seconds for each answer; other steps go on.")
        set_faults(self._stage.payments, [*DECLINES, {"operation": "charge", "fault": "delay", "ms": 2000}])
        self.over.wait(SLOW_SECONDS)
        set_faults(self._stage.payments, DECLINES)

    def _takeover(self) -> None:
        leader = self._leader()
        self._tell(f"The relay that leads ({leader.name}) is killed with -9; the other one takes over.")
        leader.kill()
        self.over.wait(SLOW_SECONDS)
        leader.start_again()
        leader.announcement()

    def _rebuild(self) -> None:
        self._tell(f"The read model {REBUILT} is folded anew from the log, beside the live one, and switched to.")
        finished(self._stage, "projections", "rebuild", REBUILT, "--quiet")

    def _leader(self) -> Service:
        from operations.relay_status import read_status

        url = self._stage.settings.postgres.url
        assert url is not None
        holder = read_status(url.get_secret_value()).leader or ""
        return next((relay for relay in self._stage.relays if f":{relay.pid}:" in holder), self._stage.relays[0])

    def _tell(self, sentence: str) -> None:
        self._stage.board.scene = sentence
        self._stage.board.tell(sentence)
