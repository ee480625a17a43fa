"""Edges: each is kept once, with the time it was last seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from lamplighter.domain.topology import Edge
from lamplighter.store import SqlStore


def test_an_edge_is_kept_once_and_remembers_when_it_was_seen(store: SqlStore, now: datetime) -> None:
    web, disk = Edge("web", "db"), Edge("db", "disk-1\x00", "stores_in", "proxmox")
    store.edges.keep([web, disk, web], now)
    store.edges.keep([web], now + timedelta(hours=1))
    store.edges.keep([disk], now - timedelta(hours=1))
    store.edges.keep([], now)
    kept_disk = Edge("db", "disk-1\ufffd", "stores_in", "proxmox")
    assert store.edges.known(now) == [web, kept_disk]
    assert store.edges.known(now + timedelta(minutes=30)) == [web]
    assert store.edges.known(now + timedelta(days=1)) == []


def test_the_same_edge_from_two_places_is_two(store: SqlStore, now: datetime) -> None:
    store.edges.keep([Edge("web", "db"), Edge("web", "db", origin="compose")], now)
    assert len(store.edges.known(now)) == 2
