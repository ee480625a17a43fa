"""The kinds of column there are: serial numbers, text, keys that an index holds, times. Knows no table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.types import NullType, TypeEngine

from lamplighter.store.values import bounded_key, clean, utc

Serial = BigInteger().with_variant(Integer, "sqlite")


class Words(TypeDecorator[str]):
    """Text of any length, cleaned of what a database does not take."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Clean on the way in."""
        return None if value is None else clean(value)


class Key(TypeDecorator[str]):
    """Text that an index holds: clean, and short enough for PostgreSQL's index pages."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Clean and shorten on the way in, in comparisons too."""
        return None if value is None else bounded_key(value)


class Plain(TypeDecorator[datetime]):
    """A time as it is read where somebody may have put there what is none: that is the first day of the calendar."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As SQLite keeps it, which takes anything there."""
        return dialect.type_descriptor(NullType() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_result_value(self, value: object, dialect: Dialect) -> datetime:  # noqa: ARG002 - SQLAlchemy's signature
        """Back, with the zone."""
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return datetime.min.replace(tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A time in UTC: with its zone in PostgreSQL, as sortable text in SQLite, always with its zone in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite's text bears no zone."""
        if value is None:
            return None
        return utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Back, with the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
