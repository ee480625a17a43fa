from __future__ import annotations

import time

import pytest

from lamplighter.integrations.postgresql.statement_text import CHARS_MAX, shown_statement


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT *\n  FROM carts WHERE id = 7", "SELECT * FROM carts WHERE id = 7"),
        ("ALTER ROLE bob PASSWORD 'hunter2'", "ALTER ROLE bob PASSWORD ?"),
        ("UPDATE u SET a = 'it''s hunter2', b = 5", "UPDATE u SET a = ?, b = 5"),
        (r"SELECT E'it\'s hunter2', 'hunter2'", "SELECT ?, ?"),
        (r"SELECT 'C:\', 'hunter2'", "SELECT ?, ?"),
        ("SELECT $$hunter2$$, $x$hunter2 $$ $x$, $1", "SELECT ?, ?, $1"),
        ("SELECT 1 -- it's hunter2\n, 'hunter2'", "SELECT 1 , ?"),
        ("SELECT /* it's hunter2 */ 'hunter2'", "SELECT ?"),
        ("""SELECT "it's", 'hunter2' FROM "a""b" """, """SELECT "it's", ? FROM "a""b\""""),
        ("INSERT INTO t VALUES ('hunter2, cut off by the server", "INSERT INTO t VALUES (?"),
        ("SELECT /* hunter2, cut off", "SELECT"),
        ("SELECT $q$ hunter2, cut off", "SELECT ?"),
        ("SELECT E'hunter2, cut off\\", "SELECT ?"),
        ("SELECT dblink(host=db password=hunter2)", "SELECT dblink(host=db password=[redacted]"),
    ],
)
def test_no_literal_and_no_comment_is_shown(text: str, shown: str) -> None:
    assert shown_statement(text) == shown


@pytest.mark.parametrize("unit", ["'", "$$", "/*", "--", "E'\\", '"', "$a", "''E'"])
def test_what_was_made_to_be_slow_is_not(unit: str) -> None:
    began = time.process_time()
    assert len(shown_statement(unit * 500_000)) <= CHARS_MAX
    assert time.process_time() - began < 0.5
