"""What every page of the console has at its top: the pages, the search, the pause button, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.domain.access import Right
from lamplighter.domain.incident import CLOSED
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context
from lamplighter.web.rendering import places
from lamplighter.web.session import why_not

PENDING_MAX = 99


@dataclass(frozen=True, slots=True)
class FrameView:
    """Makes the frame; `place` and `csrf` of the key say on which page and in which session."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """The frame. Blocks; raises `StoreUnavailable`."""
        store = here.app.store
        counts = store.incidents.counts()
        opened = sum(count for state, count in counts.items() if state not in CLOSED)
        pending = len(store.approvals.listed(pending_only=True, limit=PENDING_MAX))
        waiting = {"/incidents": opened, "/approvals": pending}
        pages = [(address, name, waiting.get(address, 0)) for address, name in places(console=True)]
        return self.maker.sheet(
            "frame.html",
            ("frame",),
            site=here.app.settings.configuration.site.name,
            pages=pages,
            place=key.wanted.get("place", ""),
            paused=here.app.switch.paused(),
            no_switch=why_not(key.person, Right.SWITCH),
            person=key.person,
            admin=not why_not(key.person, Right.ADMINISTER),
            csrf=key.wanted.get("csrf", ""),
        )
