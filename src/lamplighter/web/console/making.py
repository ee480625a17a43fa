"""Makes the panes of a view: every block of its template is one pane, every text in it is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from lamplighter.domain.nickname import Nicknames
from lamplighter.reports.units import lapse
from lamplighter.web.rendering import local

LINK_LETTERS_MAX = 80
SEVERITY_SIGNS = {"critical": "●", "warning": "▲", "info": "■"}
STATE_SIGNS = {
    "resolved": "✓",
    "self_cleared": "✓",
    "merged": "⇥",
    "needs_human": "!",
    "rolled_back": "↶",
    "rejected": "✕",
    "awaiting_approval": "?",
}
AT_WORK = "◌"


@dataclass(frozen=True, slots=True)
class Maker:
    """Templates with what every one of them uses: times in the site's zone, names as words, marks and links."""

    templates: Environment
    zone: str

    def sheet(self, template: str, panes: Iterable[str], **values: object) -> dict[str, str]:
        """These blocks of a template, by name."""
        found = self.templates.get_template(template)
        given = found.new_context(values)
        return {name: "".join(found.blocks[name](given)) for name in panes}


def make_maker(zone: str, called: Nicknames | None = None) -> Maker:
    """The maker of one server; `called` are the names of those who answer on channels."""
    loaders = [PackageLoader("lamplighter.web.console"), PackageLoader("lamplighter.web")]
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    here = ZoneInfo(zone)
    filters: dict[str, Callable[..., str]] = {
        "ago": partial(when, here=here, relative=True),
        "at": partial(when, here=here, relative=False),
        "clock": partial(local, pattern="%H:%M:%S", zone=here),
        "hour": partial(local, pattern="%H:%M", zone=here),
        "words": words,
        "lapse": lapse,
        "percent": percent,
        "called": (called or Nicknames()).of,
    }
    made.filters |= filters
    made.globals |= {"safe_link": safe_link, "shown_link": shown_link, "zone": zone}
    made.globals |= {"severity_sign": lambda word: SEVERITY_SIGNS.get(word, "○")}
    made.globals |= {"state_sign": lambda word: STATE_SIGNS.get(str(word), AT_WORK)}
    marks: Any = made.get_template("marks.html").module
    made.globals |= {name: getattr(marks, name) for name in ("severity", "state", "cites", "told_table")}
    return Maker(made, zone)


def when(at: datetime | None, here: ZoneInfo, *, relative: bool) -> Markup:
    """A time for people and for programs; the page's own script tells how long ago that is."""
    if at is None:
        return Markup("-")
    whole = local(at, "%Y-%m-%d %H:%M:%S", zone=here)
    mark = Markup(" data-relative") if relative else Markup("")
    shown = whole[5:16] if relative else whole
    return Markup('<time datetime="{}" title="{} {}"{}>{}</time>').format(at.isoformat(), whole, here.key, mark, shown)


def words(name: object) -> str:
    """A name of the code as people write it."""
    return str(name).replace("_", " ")


def percent(share: float | None) -> str:
    """A share of one; what is not known is no number."""
    return "unknown" if share is None else f"{share * 100:.0f} %"


def safe_link(url: str) -> str:
    """A link that a browser may follow; empty for anything that is not plain http."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname and not parts.username else ""


def shown_link(url: str) -> str:
    """Where a link leads, as it is shown beside it."""
    bare = url.partition("://")[2] or url
    return bare if len(bare) <= LINK_LETTERS_MAX else f"{bare[:LINK_LETTERS_MAX]}…"
