"""The page of the audit log, for admins: filters, rows, and how the chain stands."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from lamplighter.domain.audit import What
from lamplighter.web.audit import ActQuery, act_page
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context

ROWS = 50
PLACE = "/audit"


@dataclass(frozen=True, slots=True)
class AuditView:
    """Makes the page; the key asks as the address does."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """Filters and rows. Blocks; raises `Problem`, `ValidationError`, `StoreUnavailable`."""
        query = ActQuery.model_validate({"limit": ROWS, **key.wanted})
        rows, following, seen = act_page(here, query)
        return self.maker.sheet(
            "audit.html",
            ("filters", "acts"),
            rows=rows,
            query=query,
            kinds=list(What),
            seen=seen,
            filtered=bool(query.filters),
            first=not query.cursor,
            newest=f"{PLACE}?{urlencode(query.filters)}",
            following=f"{PLACE}?{urlencode({**query.filters, 'cursor': following})}" if following else "",
        )
