"""The arithmetic of token buckets: never more than the quota at once, never more than the rate in the long run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventing.web.token_bucket import Policy, draw, verdicts

POLICIES = st.builds(
    lambda burst, rate: Policy.of(burst=burst, per_second=rate),
    st.integers(1, 500),
    st.floats(0.1, 10_000),
)
STEPS = st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(1, 50)), min_size=1, max_size=60)


def test_a_new_caller_has_the_whole_burst_and_then_one_an_interval() -> None:
    policy = Policy.of(burst=3, per_second=2)
    # given a burst of five at once, three pass
    drawn = draw(policy, 0, 1_000_000_000, 5)
    assert drawn.granted == 3
    # then one each half second
    assert draw(policy, drawn.full_at, 1_000_499_999, 1).granted == 0
    assert draw(policy, drawn.full_at, 1_000_500_000, 1).granted == 1


def test_each_request_of_a_batch_is_told_its_own_rest() -> None:
    policy = Policy.of(burst=3, per_second=1)
    told = list(verdicts(policy, draw(policy, 0, 10**9, 4), 10**9, 4))
    assert [one.allowed for one in told] == [True, True, True, False]
    assert [one.remaining for one in told] == [2, 1, 0, 0]
    assert [one.retry_after for one in told] == [0, 0, 0, 1]


@given(POLICIES, STEPS)
def test_no_window_sees_more_than_the_burst_and_the_rate(policy: Policy, steps: list[tuple[int, int]]) -> None:
    now, full_at, granted = 10**9, 0, []
    for pause, wanted in steps:
        now += pause
        full_at, count = (drawn := draw(policy, full_at, now, wanted)).full_at, drawn.granted
        granted.append((now, count))
    for start, _ in granted:
        for end, _ in granted:
            if start <= end:
                total = sum(count for at, count in granted if start <= at <= end)
                assert total <= policy.quota + (end - start) / policy.interval


@given(POLICIES, STEPS)
def test_whoever_waits_as_told_is_let_in(policy: Policy, steps: list[tuple[int, int]]) -> None:
    now, full_at = 10**9, 0
    for pause, wanted in steps:
        now += pause
        drawn = draw(policy, full_at, now, wanted)
        full_at = drawn.full_at
        last = list(verdicts(policy, drawn, now, wanted))[-1]
        if not last.allowed:
            assert draw(policy, full_at, now + last.retry_after * 1_000_000, 1).granted == 1


@given(POLICIES, STEPS)
def test_a_batch_is_granted_what_its_requests_would_be_one_by_one(policy: Policy, steps: list[tuple[int, int]]) -> None:
    now, batched, single = 10**9, 0, 0
    for pause, wanted in steps:
        now += pause
        drawn = draw(policy, batched, now, wanted)
        batched, one_by_one = drawn.full_at, 0
        for _ in range(wanted):
            one = draw(policy, single, now, 1)
            single, one_by_one = one.full_at, one_by_one + one.granted
        assert drawn.granted == one_by_one


def test_the_fields_have_the_form_of_the_draft() -> None:
    policy = Policy.of(burst=100, per_second=2)
    one = next(verdicts(policy, draw(policy, 0, 10**9, 1), 10**9, 1))
    assert policy.policy_field == '"default";q=100;w=50'
    assert policy.rest_field(one) == '"default";r=99;t=1'
