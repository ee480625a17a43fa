"""Tables, one repository for each aggregate, migrations; the only room that imports sqlalchemy."""

from __future__ import annotations

from lamplighter.store.opening import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
