"""Every mutant that is shown: the mechanism that is taken out, and the test that kills it.

A killer breaks the mechanism itself and asserts that what the mechanism promises is broken then, so it is green when
the mutant is dead. Most of them stand beside a test of the same shape that is green with the mechanism in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple


class Mutant(NamedTuple):
    name: str
    taken_out: str
    noticed: str
    """What the killer sees, by the invariant of the checker that speaks of the same."""
    killer: str


_RELAY = "tests/integration/relay"
_STORE = "tests/integration/event_store"
_SAGA = "tests/integration/saga"
_VIEWS = "tests/integration/projections"
_LATE = "test_without_a_look_at_what_is_there_a_batch_that_arrives_late_goes_backwards"
_JUDGED = "test_a_document_that_goes_on_while_it_is_judged_is_judged_by_where_it_was"
_OUT_OF_TOUCH = "test_a_repair_that_did_not_wait_for_a_projector_without_postgres_lasts_as_well"
_REPAIRED = "test_what_was_repaired_stays_repaired_while_writes_go_on"
_MODEL = "tests/unit/saga/model/test_model.py::test_a_mechanism_that_is_taken_out_is_missed"

MUTANTS: Final[Sequence[Mutant]] = (
    Mutant(
        "naive cursor",
        "positions in the order of commits: a plain sequence hands them out instead",
        "I4: events are never published",
        f"{_RELAY}/test_order_of_the_log.py::test_the_same_over_a_plain_sequence_loses_events",
    ),
    Mutant(
        "no lock of the log",
        "the lock that is held from a position to its commit",
        "I4: a reader passes by who commits later",
        f"{_STORE}/test_lock_of_the_log.py::test_without_the_lock_the_reader_never_sees_who_commits_later",
    ),
    Mutant(
        "no look at the head",
        "the expected version, compared in the transaction of the append",
        "I2: versions have gaps; I3: several win",
        f"{_STORE}/test_lock_of_the_log.py::test_without_the_check_of_the_head_everybody_wins_and_streams_get_gaps",
    ),
    Mutant(
        "an append of several streams by halves",
        "all streams of an append or none",
        "I1: half of what was refused is stored",
        f"{_STORE}/test_neighbours.py::test_several_streams_are_appended_all_or_none[a stream]",
    ),
    Mutant(
        "sent again without asking",
        "the question after a lost reply whether the append is stored",
        "I1: what is stored is called refused",
        f"{_STORE}/test_lost_replies.py::test_who_does_not_ask_takes_an_event_that_is_stored_for_refused",
    ),
    Mutant(
        "history not guarded",
        "the trigger that refuses every change of the log",
        "I23: what was written is changed",
        f"{_STORE}/test_history_is_kept.py::test_without_the_trigger_the_owner_would",
    ),
    Mutant(
        "idempotency outside the transaction",
        "the key, kept in the transaction of the events",
        "I17: one key has several effects",
        "tests/integration/command_service/test_one_effect.py"
        "::test_the_key_has_to_be_kept_in_the_transaction_of_the_events[outside of it]",
    ),
    Mutant(
        "checkpoint before ack",
        "the checkpoint, which moves by what Kafka has acknowledged",
        "I4: what Kafka never got is never published",
        f"{_RELAY}/test_kafka_faults.py::test_what_kafka_never_got_is_published_after_a_crash[checkpoint_before_ack]",
    ),
    Mutant(
        "failed batch skipped",
        "the stop at what Kafka refuses",
        "I5: a hole before a later version",
        f"{_RELAY}/test_stops.py::test_a_message_that_kafka_refuses_is_never_skipped[skip_failed_batch]",
    ),
    Mutant(
        "no epoch",
        "the lease, looked at before sending, renewing and moving the checkpoint",
        "I18: a zombie publishes under an old epoch",
        f"{_RELAY}/test_zombies.py::test_without_the_epoch_a_zombie_goes_on_publishing",
    ),
    Mutant(
        "checkpoint of a zombie",
        "the epoch in the statement that moves the checkpoint",
        "I4: a checkpoint passes what was not published",
        f"{_RELAY}/test_order_of_the_log.py::test_a_zombie_can_not_move_the_checkpoint[unchecked]",
    ),
    Mutant(
        "no inbox",
        "the consumer's mark, compared with each position",
        "I9: a redelivery takes effect again",
        f"{_RELAY}/test_zombies.py::test_without_comparing_positions_redelivery_takes_effect_again",
    ),
    Mutant(
        "marks of a zombie",
        "compare-and-set of a participant's marks",
        "I9: what was handled long ago is handled again",
        f"{_SAGA}/test_handling.py::test_without_compare_and_set_the_zombie_goes_back",
    ),
    Mutant(
        "marks apart from the effect",
        "one transaction for the marks and what follows",
        "I14: an order is never handled",
        f"{_SAGA}/test_handling.py::test_marks_that_move_apart_from_the_effect_lose_it",
    ),
    Mutant(
        "read-modify-write stock",
        "the rows of stock, locked while they are decided upon",
        "I10: stock is promised twice",
        f"{_SAGA}/test_hot_stock.py::test_reading_and_writing_back_would_sell_twice",
    ),
    Mutant(
        "timeout as decline",
        "the third outcome of a question: nobody knows",
        "I11: money is kept for a failed order",
        f"{_SAGA}/test_outside_faults.py::test_no_answer_taken_for_a_decline_would_keep_the_money",
    ),
    Mutant(
        "any answer believed",
        "the look at the key and the amount of an answer",
        "I11: an answer is taken for another one",
        "tests/integration/outside/test_strange_answers.py"
        "::test_without_a_look_at_the_key_it_is_taken_for_the_next_one",
    ),
    Mutant(
        "a key for each attempt",
        "one key for all attempts of a question",
        "I9: a card is charged twice",
        f"{_MODEL}[a key for each attempt]",
    ),
    Mutant(
        "late success kept",
        "the refund of what was charged after the order went back",
        "I11: money is kept for a failed order",
        f"{_MODEL}[late success kept]",
    ),
    Mutant(
        "reserved as often as heard",
        "a participant's memory of its own stream",
        "I9: a step takes place twice",
        f"{_MODEL}[reserved as often as heard]",
    ),
    Mutant(
        "stock apart from the events",
        "one transaction for the levels and the events",
        "I10: the table and the events differ",
        f"{_MODEL}[stock moved apart from the events]",
    ),
    Mutant(
        "order ended at any version",
        "the expected version of an order's end",
        "I13: an order ends twice",
        f"{_MODEL}[order ended at any version]",
    ),
    Mutant(
        "no external version",
        "the position as the version of a document",
        "I15: a document goes backwards",
        f"{_VIEWS}/test_zombies.py::{_LATE}[order_search]",
    ),
    Mutant(
        "written over anything",
        "the look at what a document was folded from, in the call that writes it",
        "I15: a document goes backwards, and sums with it",
        f"{_VIEWS}/test_zombies.py::{_LATE}[customer_orders]",
    ),
    Mutant(
        "counted twice",
        "the same look, for who comes after a process that died between two calls of one batch",
        "I15: sums are counted twice",
        f"{_VIEWS}/test_crashes.py::test_without_a_look_at_what_a_document_was_folded_from_it_is_counted_twice",
    ),
    Mutant(
        "marks before documents",
        "the order of documents and marks",
        "I15: a document is missing",
        f"{_VIEWS}/test_crashes.py::test_marks_that_move_before_the_documents_lose_some",
    ),
    Mutant(
        "items of a bulk unread",
        "the look at each item of an answer that says 200",
        "I15: a document is missing",
        f"{_VIEWS}/test_troubles.py::test_a_projector_that_ignores_the_items_of_a_bulk_loses_one",
    ),
    Mutant(
        "forgets whom it paused",
        "what a projector knows of the partitions that it paused while its store was away",
        "I15: a read model never catches up",
        f"{_VIEWS}/test_wandering.py::test_one_that_forgets_whom_it_has_paused_leaves_some_asleep",
    ),
    Mutant(
        "never asks where it stands",
        "the marks that a batch for Redis goes on from, compared with those that are there",
        "I15: sums lack what an older copy had lost",
        f"{_VIEWS}/test_set_back.py::test_who_never_asks_where_the_store_stands_leaves_something_out",
    ),
    Mutant(
        "what is gone taken for empty",
        "the look at the build with each list and sum",
        "a customer's orders are none, with 200",
        "tests/integration/query_api/test_emptied_redis.py"
        "::test_who_takes_what_is_gone_for_empty_shows_nothing_as_if_it_were_all",
    ),
    Mutant(
        "marks after documents",
        "the order in which verifying asks: how far a build has come first, its documents then",
        "a document that is right is called wrong",
        f"{_VIEWS}/test_verify.py::{_JUDGED}[MarksAfterDocuments]",
    ),
    Mutant(
        "remembers what was repaired",
        "that projectors forget what documents were before a repair",
        "I15: what was wrong comes back with the next event",
        f"{_VIEWS}/test_repair_remembered.py::{_REPAIRED}[says_that_it_has_forgotten-order_summary]",
    ),
    Mutant(
        "remembers out of touch",
        "that a projector remembers nothing while it can't hear of repairs",
        "I15: what was wrong comes back with the next event",
        f"{_VIEWS}/test_repair_remembered.py::{_OUT_OF_TOUCH}[never_out_of_touch-order_summary]",
    ),
    Mutant(
        "switched before it has caught up",
        "the wait until a new build has what the live one has",
        "I16: a reader goes back",
        f"{_VIEWS}/test_rebuild_under_load.py::test_the_mutant_that_switches_before_it_has_caught_up_is_noticed",
    ),
    Mutant(
        "tokens not waited for",
        "the wait for the position of a consistency token",
        "I16: a session does not see its own write",
        "tests/integration/query_api/test_sessions.py::test_who_does_not_wait_shows_less",
    ),
    Mutant(
        "cache never told",
        "the hint that takes an entry out of a process's cache",
        "I15: what has changed is shown as it was",
        "tests/integration/query_api/test_sessions.py::test_what_was_kept_in_the_process_goes_when_it_changes",
    ),
)
