"""In a flood the receivers come first; a placing that lags too far behind does not rest."""

from __future__ import annotations

from lamplighter.workflow.tempo import BATCH_BUSY, BATCH_MAX, BUSY_ARRIVALS, LAG_SECONDS_MAX, REST_SECONDS_MAX, Tempo


def busy() -> Tempo:
    tempo = Tempo()
    for _ in range(BUSY_ARRIVALS):
        tempo.arrived()
    return tempo


def test_a_backlog_that_nobody_adds_to_is_placed_in_ever_larger_batches_without_a_rest() -> None:
    tempo = Tempo()
    sizes = []
    for _ in range(6):
        assert tempo.rest_seconds(tempo.batch, 0.05) == 0.0
        sizes.append(tempo.batch)
    assert sizes[0] == 2 * BATCH_BUSY
    assert sizes[-1] == BATCH_MAX


def test_while_deliveries_come_in_batches_are_small_and_followed_by_a_rest() -> None:
    tempo = busy()
    assert 0.0 < tempo.rest_seconds(tempo.batch, 0.05) <= REST_SECONDS_MAX
    assert tempo.batch == BATCH_BUSY


def test_a_batch_that_is_not_full_means_that_nothing_waits() -> None:
    tempo = busy()
    tempo.batch = BATCH_MAX
    assert tempo.rest_seconds(BATCH_MAX - 1, 0.05) == 0.0
    assert tempo.batch == BATCH_BUSY


def test_what_lags_too_far_behind_does_not_rest() -> None:
    tempo = busy()
    tempo.lag_seconds = LAG_SECONDS_MAX
    assert tempo.rest_seconds(tempo.batch, 0.05) == 0.0
    assert tempo.batch > BATCH_BUSY


def test_a_rest_has_a_limit() -> None:
    assert busy().rest_seconds(BATCH_BUSY, 60.0) == REST_SECONDS_MAX
