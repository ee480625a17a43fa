"""Components with what is known, allowed and frozen; and the configuration as it is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lamplighter.app import protected_names
from lamplighter.domain.checkup import Health
from lamplighter.domain.incident import CLOSED, Incident, State
from lamplighter.domain.plan import Action, Offer, Plan, Target
from lamplighter.domain.policy import Record, Rules, Ruling, judge
from lamplighter.domain.reach import View, opening_words, reaches
from lamplighter.domain.topology import Component
from lamplighter.ports import Wanted
from lamplighter.settings.listing import DEFAULT, Listed, listed
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context

COMPONENTS_MAX = 300
INCIDENTS_MAX = 200
# What is not known before a plan is made; only whether the verb may be done at all is asked here.
NO_PARAMS = {"bytes": "0"}
DEEP = 2


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be done to a component: allowed, needs_approval or refused, and why."""

    verb: str
    ruling: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One component with what may be done to it and what is the matter with it."""

    part: Component
    permissions: tuple[Permission, ...]
    frozen: str
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class Components:
    """Makes the page of components."""

    maker: Maker

    def sheet(self, here: Context, _key: Key) -> Sheet:
        """The table. Blocks; raises `StoreUnavailable`."""
        app = here.app
        parts = sorted(app.surveying.components, key=lambda one: (one.system, one.group, one.name))
        frozen = app.store.ledger.frozen()
        open_states = tuple(state for state in State if state not in CLOSED)
        troubled: dict[str, list[Incident]] = {}
        for incident in app.store.incidents.listed(Wanted(states=open_states), limit=INCIDENTS_MAX):
            troubled.setdefault(incident.component, []).append(incident)
        rules = app.settings.configuration.autonomy.rules(protected_names(app.settings))
        record = Record(app.clock.now(), frozen=frozenset(frozen), paused=app.switch.paused(), components=tuple(parts))
        shown = [
            shown_component(part, app.world.offers, rules, record, frozen, troubled) for part in parts[:COMPONENTS_MAX]
        ]
        return self.maker.sheet(
            "components.html",
            ("components",),
            shown=shown,
            total=len(parts),
            mode=rules.mode,
            paused=record.paused,
            unseen=[name for name in troubled if name and name not in {n for part in parts for n in part.names}],
        )


def shown_component(
    part: Component,
    offers: Sequence[Offer],
    rules: Rules,
    record: Record,
    frozen: Mapping[str, str],
    troubled: Mapping[str, Sequence[Incident]],
) -> Shown:
    """A component as the page shows it."""
    mine = [offer for offer in offers if offer.system == part.system]
    incidents = tuple(one for name in sorted(part.names) for one in troubled.get(name, ()))
    return Shown(
        part, tuple(_permission(part, offer, rules, record) for offer in mine), frozen.get(part.id, ""), incidents
    )


def _permission(part: Component, offer: Offer, rules: Rules, record: Record) -> Permission:
    target = Target(part.system, part.kind, part.name, part.id)
    action = Action(offer.verb, target, dict(NO_PARAMS), offer.risk, offer.reversible, offer.effect, offer.undo)
    verdict = judge(Plan("", 0, part.name, "", 1.0, (action,)), rules, record)
    # That the mode asks first needs no words: it is what the mark beside it says.
    reason = "" if verdict.ruling is Ruling.NEEDS_APPROVAL else verdict.reason.removeprefix(f"mode {rules.mode}: ")
    return Permission(str(offer.verb), str(verdict.ruling), reason)


def _view(here: Context) -> View:
    """What runs, as it was surveyed last, and which sources the doctor could not see."""
    findings: Sequence[Mapping[str, str]] = here.rounds.found.get("findings", ())
    blind = [one["name"] for one in findings if one["area"] == "sources" and one["health"] == Health.PROBLEM]
    return View(here.app.surveying.components, here.app.world.offers, sorted(blind))


def worst_first(findings: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The doctor's findings that somebody should read, the worst first; what is well is not listed."""
    order = list(Health)
    wanted = [one for one in findings if one["health"] != Health.OK]
    return sorted(wanted, key=lambda one: -order.index(Health(one["health"])))


@dataclass(frozen=True, slots=True)
class SettingsView:
    """Makes the page of settings: read only, without secrets."""

    maker: Maker

    def sheet(self, here: Context, _key: Key) -> Sheet:
        """The table of values."""
        settings = here.app.settings
        rows = listed(settings)
        sections: dict[str, list[Listed]] = {}
        for row in rows:
            # Of a check or a source most keys have nothing to say; what is not set there is left out.
            if row.value or row.key.count(".") < DEEP:
                sections.setdefault(row.key.partition(".")[0], []).append(row)
        return self.maker.sheet(
            "settings.html",
            ("settings",),
            sections=sections,
            file=str(settings.file or ""),
            warnings=settings.warnings,
            changed=sum(row.origin != DEFAULT for shown in sections.values() for row in shown),
            opening=opening_words(settings.configuration.autonomy.mode),
            reaches=reaches(settings.configuration.autonomy.rules(protected_names(settings)), _view(here)),
            findings=worst_first(here.rounds.found.get("findings", ())),
            looked=bool(here.rounds.found),
        )
