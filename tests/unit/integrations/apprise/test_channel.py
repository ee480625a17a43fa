"""E-mail arrives with its table and without a stranger's links; a service that hangs costs two threads and no more."""

from __future__ import annotations

import email
import email.header
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message as Mail

import pytest

from lamplighter.integrations.apprise.channel import THREADS_MAX, AppriseChannel
from lamplighter.integrations.ntfy.simulator import SimulatedNtfy, simulated_ntfy
from lamplighter.ports import ChannelError
from tests.unit.domain.letters import ALL, changed

HOSTILE = "<script>x</script> <img src=http://evil/i.png> [a](http://evil/?q=1) ![b](http://evil/i.png) <http://evil>"


@dataclass
class Postbox:
    """Takes one mail after another, as an SMTP server does."""

    server: socket.socket
    mails: list[Mail] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", 0) as wire:
                self._talk(wire)

    def _talk(self, wire: socket.SocketIO) -> None:
        wire.write(b"220 here\r\n")
        for line in iter(wire.readline, b""):
            if line.upper().startswith(b"QUIT"):
                wire.write(b"221 bye\r\n")
                return
            if not line.upper().startswith(b"DATA"):
                wire.write(b"250 ok\r\n")
                continue
            wire.write(b"354 go on\r\n")
            self.mails.append(email.message_from_bytes(b"".join(iter(wire.readline, b".\r\n"))))
            wire.write(b"250 taken\r\n")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        box = Postbox(server)
        thread = threading.Thread(target=box.serve, daemon=True)
        thread.start()
        yield box
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def parts(mail: Mail) -> dict[str, str]:
    texts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return {part.get_content_type(): part.get_payload(decode=True).decode() for part in texts}


def mailing(box: Postbox) -> AppriseChannel:
    url = f"mailto://127.0.0.1:{box.port}/?from=a@home.lan&to=b@home.lan&mode=insecure"
    return AppriseChannel("apprise-mailto", url, 30)


async def test_a_mail_has_the_first_line_as_subject_and_a_table(postbox: Postbox) -> None:
    await mailing(postbox).send(ALL["ask"])
    (mail,) = postbox.mails
    subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
    assert "May I fix it: Jellyfin is down" in subject
    html = parts(mail)["text/html"]
    assert "<td>I want to</td>" in html
    assert "restart jellyfin" in html
    assert ALL["ask"].url in html


async def test_a_strangers_text_is_no_picture_link_or_script_in_a_mail(postbox: Postbox) -> None:
    detail = changed(ALL["ask"].detail, cause=HOSTILE, evidence=(HOSTILE,), ask=HOSTILE)
    await mailing(postbox).send(replace(ALL["ask"], title=HOSTILE, lines=(HOSTILE,), detail=detail))
    html = parts(postbox.mails[0])["text/html"].lower()
    assert "evil" in html
    assert not any(tag in html for tag in ("<script", "<img", 'href="http://evil'))


async def test_threads_that_hang_are_bounded() -> None:
    with simulated_ntfy(SimulatedNtfy(faults=[(0, {"silence": "10"})] * THREADS_MAX)) as server:
        channel = AppriseChannel("apprise-ntfy", server.url.replace("http", "ntfy") + "/ops", 0.5)
        for _ in range(THREADS_MAX):
            with pytest.raises(ChannelError, match=r"no answer in 0\.5 s"):
                await channel.send(ALL["ask"])
        with pytest.raises(ChannelError, match="still hang"):
            await channel.send(ALL["ask"])
