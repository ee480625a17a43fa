from __future__ import annotations

from lamplighter.integrations.postgresql import queries


def test_only_views_are_read() -> None:
    texts = [text for name, text in vars(queries).items() if isinstance(text, str) and name.lstrip("_").isupper()]
    assert len(texts) >= 10
    assert all(text.lstrip().startswith("SELECT") and ";" not in text for text in texts)


def test_the_name_of_a_schema_cannot_leave_its_quotes() -> None:
    text = queries.counted('a"; DROP TABLE x; --', newer=True).as_string(None)
    assert '"a""; DROP TABLE x; --"."pg_stat_statements"' in text
    assert "total_exec_time" in text
    assert '"total_time"' in queries.counted("public", newer=False).as_string(None)
