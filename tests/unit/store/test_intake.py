from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import BadAlert
from lamplighter.ports import StoreUnavailable
from lamplighter.store.intake import COMMIT_ROWS_MAX, Intake, Parcel

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def _parcel(loop: asyncio.AbstractEventLoop, rows: int = 1, size_bytes: int = 1) -> Parcel:
    bad = (BadAlert("r", "p"),) * (rows - 1)
    return Parcel("s", NOW, (), bad, 0, size_bytes, loop, loop.create_future())


def test_parcels_come_out_in_order_and_together(loop: asyncio.AbstractEventLoop) -> None:
    intake = Intake()
    parcels = [_parcel(loop) for _ in range(5)]
    for parcel in parcels:
        intake.put(parcel)
    assert intake.take() == parcels


def test_one_commit_is_bounded_in_rows_but_takes_any_first_parcel(loop: asyncio.AbstractEventLoop) -> None:
    intake = Intake()
    sizes = (COMMIT_ROWS_MAX + 1, COMMIT_ROWS_MAX - 1, 1, 1)
    for rows in sizes:
        intake.put(_parcel(loop, rows))
    assert [[parcel.rows for parcel in intake.take()] for _ in range(3)] == [
        [COMMIT_ROWS_MAX + 1],
        [COMMIT_ROWS_MAX - 1, 1],
        [1],
    ]


@pytest.mark.parametrize(
    ("limits", "rows", "size_bytes"),
    [({"deliveries_max": 2}, 1, 1), ({"rows_max": 20}, 10, 1), ({"bytes_max": 200}, 1, 100)],
)
def test_a_full_queue_refuses_at_once_and_takes_again_when_emptied(
    loop: asyncio.AbstractEventLoop, limits: dict[str, int], rows: int, size_bytes: int
) -> None:
    intake = Intake(**limits)
    for _ in range(2):
        intake.put(_parcel(loop, rows, size_bytes))
    with pytest.raises(StoreUnavailable, match="2 deliveries wait"):
        intake.put(_parcel(loop, rows, size_bytes))
    assert len(intake.take()) == 2
    intake.put(_parcel(loop, rows, size_bytes))


def test_an_empty_queue_takes_a_parcel_of_any_size(loop: asyncio.AbstractEventLoop) -> None:
    intake = Intake(bytes_max=1)
    intake.put(_parcel(loop, size_bytes=1000))
    assert len(intake.take()) == 1


def test_a_closed_queue_hands_out_what_waits_and_then_nothing(loop: asyncio.AbstractEventLoop) -> None:
    intake = Intake()
    intake.put(_parcel(loop))
    intake.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        intake.put(_parcel(loop))
    assert len(intake.take()) == 1
    assert intake.take() == []
