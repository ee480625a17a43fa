"""Evidence, case, diagnosis and plan of each run of an incident, each kept whole as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, select

from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.plan import Plan
from lamplighter.store.engine import Database
from lamplighter.store.tables import dossiers
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_or_replace

_T = TypeVar("_T")


class SqlDossiers:
    """The dossiers in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_evidence(self, incident_id: str, run: int, evidence: Sequence[Evidence]) -> None:
        """Replace the evidence of this run."""
        self._keep(incident_id, run, "evidence", list(evidence))

    def evidence(self, incident_id: str, run: int) -> Sequence[Evidence]:
        """The evidence of this run; empty where none was kept."""
        return self._kept(incident_id, run, "evidence", tuple[Evidence, ...]) or ()

    def keep_diagnosis(self, incident_id: str, run: int, diagnosis: Diagnosis) -> None:
        """Replace the diagnosis of this run."""
        self._keep(incident_id, run, "diagnosis", diagnosis)

    def diagnosis(self, incident_id: str, run: int) -> Diagnosis | None:
        """The diagnosis of this run."""
        return self._kept(incident_id, run, "diagnosis", Diagnosis)

    def keep_case(self, incident_id: str, run: int, case: Case) -> None:
        """Replace all but the evidence of the case that this run was diagnosed by."""
        self._keep(incident_id, run, "case", replace(case, evidence=()))

    def case(self, incident_id: str, run: int) -> Case | None:
        """The case that this run was diagnosed by, with the evidence of the run."""
        kept = self._kept(incident_id, run, "case", Case)
        return None if kept is None else replace(kept, evidence=tuple(self.evidence(incident_id, run)))

    def keep_plan(self, plan: Plan) -> None:
        """Replace the plan of its run."""
        with self._database.writing() as connection:
            write_plan(connection, plan)

    def plan(self, incident_id: str, run: int) -> Plan | None:
        """The plan of this run."""
        return self._kept(incident_id, run, "plan", Plan)

    def _keep(self, incident_id: str, run: int, kind: str, value: object) -> None:
        with self._database.writing() as connection:
            _write(connection, incident_id, run, kind, value)

    def _kept(self, incident_id: str, run: int, kind: str, shape: type[_T]) -> _T | None:
        query = select(dossiers.c.content).where(
            dossiers.c.incident_id == incident_id, dossiers.c.run == run, dossiers.c.kind == kind
        )
        with self._database.reading() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else unpacked(content, shape)


def write_plan(connection: Connection, plan: Plan) -> None:
    """Replace the plan of its run."""
    _write(connection, plan.incident_id, plan.run, "plan", plan)


def _write(connection: Connection, incident_id: str, run: int, kind: str, value: object) -> None:
    values = {"incident_id": incident_id, "run": run, "kind": kind, "content": packed(value)}
    connection.execute(insert_or_replace(connection, dossiers, values))
