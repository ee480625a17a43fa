"""Reads how much waits in queues, as `rabbitmqctl list_queues` and `redis-cli LLEN` print it."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 2_000
QUEUES_MAX = 10
LENGTHS_MAX = 50
COLUMNS = frozenset({"messages", "messages_ready", "messages_unacknowledged", "consumers"})
HEAD = re.compile(
    r"(?m)^(?=.{0,300}\b(?:messages|messages_ready|consumers)\b)"
    r"(?:name|vhost)(?:[ \t]{1,40}[a-z_.]{2,60}){1,12}[ \t]{0,4}$"
)
_LENGTH = re.compile(r"(?m)^.{0,60}\b(?:LLEN|XLEN|ZCARD) ([\w:.{}/-]{1,200})\n\(?(?:integer\) )?(\d{1,12})\b")


def read_queues(evidence: Evidence) -> list[Fact]:
    """Facts `queue` of the fullest queues, and of none that is empty; nothing where the text is of another kind."""
    rows = _table(evidence.content.splitlines()[:LINES_MAX])
    lengths = [(hit[1], float(hit[2]), None) for hit in _LENGTH.finditer(evidence.content)][:LENGTHS_MAX]
    full = sorted((row for row in [*rows, *lengths] if row[1] > 0), key=lambda row: (-row[1], row[0]))
    return [_fact(evidence, *row) for row in full[:QUEUES_MAX]]


def _table(lines: list[str]) -> list[tuple[str, float, float | None]]:
    """Name, what is ready or all messages, and consumers of each row."""
    found: list[tuple[str, float, float | None]] = []
    columns: list[str] = []
    for line in lines:
        cells = line.split("\t") if "\t" in line else line.split()
        cells = [cell.strip() for cell in cells]
        if HEAD.match(line.strip()) and COLUMNS & set(cells):
            columns = cells
        elif columns and len(cells) == len(columns):
            row = dict(zip(columns, cells, strict=True))
            waiting = next((row[key] for key in ("messages_ready", "messages") if is_count(row.get(key, ""))), "")
            consumers = row.get("consumers", "")
            if waiting and row.get("name"):
                found.append((row["name"], float(waiting), float(consumers) if is_count(consumers) else None))
    return found


def _fact(evidence: Evidence, name: str, messages: float, consumers: float | None) -> Fact:
    values = known(queue=shown(name, 200), messages=messages, level=messages, consumers=consumers)
    said = f"queue {shown(name, 200)} of {owner(evidence) or 'a broker'}: {messages:.0f} messages wait"
    said += f", {consumers:.0f} consumers" if consumers is not None else ""
    return draft(evidence, "queue", said, values, at=evidence.at)
