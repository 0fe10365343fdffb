"""The shaping table, and the arithmetic of its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.sending.providers import OTHER, PROVIDERS
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.shaping import (
    BURST_SECONDS,
    LEAST_FACTOR,
    RECOVER_SECONDS,
    SHAPES,
    next_factor,
    per_hour,
    read_shaping,
    refilled,
    wait_seconds,
)


def test_every_provider_has_a_row_and_pools_of_less_trust_are_slower() -> None:
    assert {shape.provider for shape in SHAPES} == {provider.key for provider in PROVIDERS}
    for shape in SHAPES:
        trusted, new, quarantine = (
            per_hour(shape.provider, pool, {}) for pool in (RelayPool.TRUSTED, RelayPool.NEW, RelayPool.QUARANTINE)
        )
        assert trusted and new and quarantine
        assert trusted > new > quarantine > 0
    assert per_hour(OTHER, RelayPool.QUARANTINE, {}) is None
    assert per_hour("google", RelayPool.NEW, {"google": 1000}) == 250
    assert per_hour("google", RelayPool.NEW, {"google": 0}) is None


@pytest.mark.parametrize("wrong", ["gogle=5", "google", "google=", "google=-5", "google=many", "other=5"])
def test_a_setting_that_makes_no_sense_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"provider|expected"):
        read_shaping(wrong)
    assert read_shaping(" google = 100000, yahoo=0 ,") == {"google": 100_000, "yahoo": 0}


@given(st.floats(60, 1_000_000), st.lists(st.floats(0.5, 50), min_size=100, max_size=150))
def test_a_bucket_lets_out_its_rate_within_five_percent(rate: float, pauses: list[float]) -> None:
    """However often it's asked: never more than the rate, and no less where enough is asked for."""
    tokens, granted, elapsed = 1.0, 0, 0.0
    for pause in pauses:
        elapsed += pause
        tokens = refilled(tokens, pause, rate)
        granted += int(tokens)
        tokens -= int(tokens)
    assert granted <= rate * elapsed / 3600 + 1
    assert granted >= rate * elapsed / 3600 * 0.95 - 1


@given(st.floats(60, 1_000_000), st.floats(0, 5000), st.floats(0, 100_000))
def test_a_quiet_time_saves_up_no_more_than_a_burst(rate: float, tokens: float, idle: float) -> None:
    assert refilled(tokens, idle, rate) <= 1.0 + rate * BURST_SECONDS / 3600
    assert refilled(0.0, -5.0, rate) == 0.0


@given(st.floats(60, 1_000_000), st.floats(-10, 1), st.integers(1, 2000))
def test_after_the_wait_there_is_something_to_send(rate: float, tokens: float, wanted: int) -> None:
    wait = wait_seconds(tokens, wanted, rate)
    assert 0 <= wait <= 80 + 10 * 3600 / rate + 60
    assert refilled(tokens, wait, rate) > 0.999


def test_deferrals_halve_the_speed_and_it_comes_back_after_a_while() -> None:
    assert next_factor(1.0, 100, 9, 0) == 1.0
    assert next_factor(1.0, 100, 10, 0) == 0.5
    assert next_factor(1.0, 4, 4, 0) == 1.0, "four say nothing"
    assert next_factor(0.5, 100, 0, RECOVER_SECONDS - 1) == 0.5
    assert next_factor(0.5, 100, 0, RECOVER_SECONDS) == 0.75
    assert next_factor(0.75, 100, 0, RECOVER_SECONDS) == 1.0
    factor = 1.0
    for _ in range(20):
        factor = next_factor(factor, 100, 100, 0)
    assert factor == LEAST_FACTOR
