"""A Bot API server on this machine that keeps the real one's rules, for tests, demonstrations and pictures."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT_UNITS_MAX = 4_096
DATA_BYTES_MAX = 64
PLACEHOLDER_CHARS_MAX = 64
BODY_BYTES_MAX = 1_000_000
WEBHOOK = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_TAG = re.compile(r'<(/?)([a-z]*)(?: href="tg://user\?id=[0-9]+")?>')
_ENTITY = re.compile(r"&(?!(lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);)")
TAGS = frozenset({"a", "b", "i", "u", "s", "code", "pre"})
# A host has a dot in it; the machine itself and single names are no address to it.
_LINK = re.compile(r"(https?|tg)://[^/\s]+\.[^/\s.]+(:[0-9]+)?(/\S*)?|tg://\S+")


class Refused(Exception):
    """What the Bot API answers instead of doing it."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, object] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters


@dataclass(slots=True)
class SimulatedBot:
    """One bot and its chats. `faults` are answered first: a status with its extra parameters, or silence in seconds.

    `renumbered` is how it is after a week without news: ids begin lower, and an offset far above them confirms nothing.
    `webhook` is where another program is told instead.
    """

    token: str = "123456:simulated-token"  # noqa: S105 - nobody's token
    url: str = ""
    chats: frozenset[int] = frozenset({42})
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    notices: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    username: str = "lamplighter_bot"
    renumbered: bool = False
    webhook: str = ""
    _polls: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _number: int = 100

    def press(self, message_id: int, label: str, user: int, chat: int | None = None) -> str:
        """Press the button whose label begins so; returns the id of the press. Raises `LookupError`."""
        message = self.messages[message_id]
        buttons = [one for row in message.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
        data = next((one.get("callback_data") for one in buttons if one["text"].startswith(label)), None)
        if data is None:
            raise LookupError(f"{label} is not among {[one['text'] for one in buttons]}")
        return self.press_with(data, message_id, user, chat)

    def press_with(self, data: str, message_id: int, user: int, chat: int | None = None) -> str:
        """A press that bears this data, whether or not there is such a button."""
        where = {"id": self.messages.get(message_id, {}).get("chat_id", 0) if chat is None else chat}
        number = self._next()
        query = {
            "id": f"press-{number}",
            "from": {"id": user, "is_bot": False, "first_name": "Somebody"},
            "message": {"message_id": message_id, "chat": where, "date": int(time.time())},
            "data": data,
        }
        self.push({"callback_query": query})
        return f"press-{number}"

    def say(self, text: str, user: int, chat: int, at: float | None = None, reply_to: int = 0) -> None:
        """A message that somebody writes, perhaps in reply to another."""
        answers = {
            "message_id": reply_to,
            "chat": {"id": chat},
            "text": self.messages.get(reply_to, {}).get("text", ""),
        }
        said = {
            "message_id": self._next(),
            "from": {"id": user},
            "chat": {"id": chat},
            "date": int(time.time() if at is None else at),
            "text": text,
            **({"reply_to_message": answers} if reply_to else {}),
        }
        self.push({"message": said})

    def start(self, code: str, user: int, group: int = 0, **more: object) -> None:
        """Somebody presses a deep link, and Start; a group gets the bot first. `more` is of the sender."""
        chat = {"id": group, "type": "supergroup", "title": "Home"} if group else {"id": user, "type": "private"}
        # Only where it was let in may a bot write.
        self.chats |= {group or user}
        said = {
            "message_id": self._next(),
            "from": {"id": user, "is_bot": False, "first_name": "Anna", **more},
            "chat": chat,
            "date": int(time.time()),
            "text": f"/start@{self.username} {code}" if group else f"/start {code}",
        }
        self.push({"message": said})

    def push(self, update: dict[str, Any]) -> None:
        """Something happened."""
        with self._changed:
            self.updates.append({"update_id": self._next(), **update})
            self._changed.notify_all()

    def _next(self) -> int:
        self._number += 1
        return self._number

    def answer(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """One call of the API: the status and the JSON."""
        _, root, method = [*path.split("/"), "", ""][:3]
        self.calls.append((method, dict(body)))
        try:
            return 200, {"ok": True, "result": self._done(root, method, body)}
        except Refused as refusal:
            told: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": str(refusal)}
            return refusal.code, told | ({"parameters": refusal.parameters} if refusal.parameters else {})

    def _done(self, root: str, method: str, body: Mapping[str, Any]) -> object:
        if root != f"bot{self.token}":
            raise Refused(401, "Unauthorized")
        if self.faults and method != "getUpdates":
            code, parameters = self.faults.pop(0)
            if code:
                raise Refused(code, "simulated trouble", parameters)
            time.sleep(float(str(parameters.get("silence", 0))))
        act = getattr(self, f"_do_{method.lower()}", None)
        if act is None:
            raise Refused(404, "Not Found")
        return act(body)

    def _do_getme(self, _body: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "username": self.username}

    def _do_getwebhookinfo(self, _body: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.updates)}

    def _do_sendmessage(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("chat_id") not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        _check(body)
        number = self._next()
        self.messages[number] = dict(body)
        return {"message_id": number, "chat": {"id": body["chat_id"]}, "text": body["text"]}

    def _do_editmessagetext(self, body: Mapping[str, Any]) -> dict[str, Any]:
        number = int(body["message_id"])
        before = self.messages.get(number)
        if before is None or before["chat_id"] != body.get("chat_id"):
            raise Refused(400, "Bad Request: message to edit not found")
        _check(body)
        same = ("text", "reply_markup")
        if all(before.get(name) == body.get(name) for name in same):
            raise Refused(400, "Bad Request: message is not modified")
        kept = {name: value for name, value in before.items() if name not in same}
        self.messages[number] = {**kept, **{name: body[name] for name in same if name in body}}
        return {"message_id": number}

    def _do_editmessagereplymarkup(self, body: Mapping[str, Any]) -> bool:
        self.messages[int(body["message_id"])].pop("reply_markup", None)
        return True

    def _do_deletemessage(self, body: Mapping[str, Any]) -> bool:
        if self.messages.pop(int(body["message_id"]), None) is None:
            raise Refused(400, "Bad Request: message to delete not found")
        self.deleted.append(int(body["message_id"]))
        return True

    def _do_answercallbackquery(self, body: Mapping[str, Any]) -> bool:
        self.notices[str(body["callback_query_id"])] = str(body.get("text", ""))
        return True

    def _do_getupdates(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Only the newest poll goes on; the one that waits is ended."""
        offset, wait = int(body.get("offset") or 0), float(body.get("timeout") or 0)
        with self._changed:
            if self.webhook:
                raise Refused(409, WEBHOOK)
            self._polls += 1
            mine = self._polls
            self._changed.notify_all()
            if self.renumbered and self.updates and offset > 1 + max(one["update_id"] for one in self.updates):
                return list(self.updates)
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
            self._changed.wait_for(lambda: self.updates or self._polls != mine, min(wait, 1.0))
            if self._polls != mine:
                raise Refused(409, OTHER_POLL)
            return [one for one in self.updates if one["update_id"] >= offset]


def _check(body: Mapping[str, Any]) -> None:
    text = str(body.get("text", ""))
    plain = re.sub(r"<[^>]*>", "", text)
    if not plain.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(plain.encode("utf-16-le")) // 2 > TEXT_UNITS_MAX:
        raise Refused(400, "Bad Request: message is too long")
    if body.get("parse_mode") == "HTML":
        _check_html(text)
    markup = body.get("reply_markup") or {}
    if len(str(markup.get("input_field_placeholder", ""))) > PLACEHOLDER_CHARS_MAX:
        raise Refused(400, "Bad Request: REPLY_MARKUP_INVALID")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if "url" in button:
                if not _LINK.fullmatch(str(button["url"])):
                    words = f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
                    raise Refused(400, f"Bad Request: {words}")
            elif not 1 <= len(str(button.get("callback_data", "")).encode()) <= DATA_BYTES_MAX:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")


def _check_html(text: str) -> None:
    stack: list[str] = []
    for closes, name in _TAG.findall(text):
        if name not in TAGS or (closes and (not stack or stack.pop() != name)):
            raise Refused(400, f"Bad Request: can't parse entities: {closes}{name}")
        if not closes:
            stack.append(name)
    if stack or "<" in _TAG.sub("", text) or _ENTITY.search(text):
        raise Refused(400, "Bad Request: can't parse entities")


@contextmanager
def simulated_bot(bot: SimulatedBot | None = None) -> Iterator[SimulatedBot]:
    """A bot's server on a free port of this machine."""
    told = bot or SimulatedBot()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = min(BODY_BYTES_MAX, int(self.headers.get("content-length") or 0))
            status, answer = told.answer(self.path, json.loads(self.rfile.read(length) or b"{}"))
            body = json.dumps(answer).encode()
            with suppress(OSError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own signature
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        told.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join(5)
