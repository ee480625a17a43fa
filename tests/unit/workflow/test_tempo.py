"""In a flood the receivers come first; a placing that lags too far behind does not rest."""

from __future__ import annotations

from lamplighter.workflow.tempo import BATCH_BUSY, BATCH_MAX, BUSY_ARRIVALS, LAG_SECONDS_MAX, REST_SECONDS_MAX, Tempo


def busy() -> Tempo:
    tempo = Tempo()
    for _ in range(BUSY_ARRIVALS):
        tempo.arrived()
    return tempo


def test_a_backlog_that_nobody_adds_to_is_placed_without_a_rest() -> None:
    tempo = Tempo()
    assert tempo.rest_seconds(BATCH_MAX, 0.05) == 0.0
    assert tempo.batch == BATCH_MAX


def test_while_deliveries_come_in_batches_are_small_and_followed_by_a_rest() -> None:
    tempo = busy()
    assert 0.0 < tempo.rest_seconds(BATCH_MAX, 0.05) <= REST_SECONDS_MAX
    assert tempo.batch == BATCH_BUSY


def test_the_last_batch_of_a_flood_ends_the_haste() -> None:
    tempo = busy()
    tempo.rest_seconds(BATCH_MAX, 0.05)
    assert tempo.rest_seconds(BATCH_BUSY, 0.05) == 0.0
    assert tempo.batch == BATCH_MAX


def test_a_half_empty_batch_means_that_nothing_waits() -> None:
    assert busy().rest_seconds(BATCH_MAX - 1, 0.05) == 0.0


def test_what_lags_too_far_behind_does_not_rest() -> None:
    tempo = busy()
    tempo.lag_seconds = LAG_SECONDS_MAX
    assert tempo.rest_seconds(BATCH_MAX, 0.05) == 0.0


def test_a_rest_has_a_limit() -> None:
    assert busy().rest_seconds(BATCH_MAX, 60.0) == REST_SECONDS_MAX
