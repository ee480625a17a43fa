"""The one element that pages are made of: a part of a page as escaped HTML, and what people do in it as events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from nicegui.element import Element
from nicegui.events import GenericEventArguments

Acting = Callable[[Mapping[str, str]], Awaitable[None]]
VALUES_MAX = 20
LETTERS_MAX = 4_000


class Pane(Element, component="pane.js"):
    """A part of a page. `html` must be escaped by whoever made it."""

    def __init__(self, html: str, acting: Acting | None = None) -> None:
        super().__init__()
        self._props["html"] = html
        self._acting = acting
        if acting is not None:
            self.on("act", self._acted)

    def show(self, html: str) -> None:
        """Show this instead; nothing goes to the browser where it is the same."""
        if self._props["html"] != html:
            self._props["html"] = html
            self.update()

    async def _acted(self, event: GenericEventArguments) -> None:
        if self._acting is not None:
            await self._acting(values_of(event.args))


def values_of(sent: object) -> dict[str, str]:
    """What a browser sent, as bounded text; anything else is left out."""
    if not isinstance(sent, dict):
        return {}
    pairs = list(sent.items())[:VALUES_MAX]
    return {
        key[:LETTERS_MAX]: value[:LETTERS_MAX]
        for key, value in pairs
        if isinstance(key, str) and isinstance(value, str)
    }
