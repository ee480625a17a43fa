"""The servers of `benchmarks.ingest`: the real one, the same without a journal, and the ancestors' naive one."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from lamplighter.domain.alert import Delivery


class Nowhere:
    """A journal whose append returns at once; everything else is the real one's."""

    def __init__(self, journal: Any) -> None:  # noqa: ANN401 - whichever journal the store has
        self._journal = journal
        self._seq = 0

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        """Count, and keep nothing."""
        del source, received_at
        self._seq += len(delivery.alerts)
        return self._seq

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._journal, name)


def serve(port: int, folder: Path, *, stored: bool) -> None:
    """The real server with all its parts; without `stored` its journal keeps nothing."""
    import uvicorn  # noqa: PLC0415 - the naive server must not pay for it

    from lamplighter.app import build_app, calm_the_interpreter  # noqa: PLC0415 - as above
    from lamplighter.cli.serving import CONNECTIONS_WAITING_MAX  # noqa: PLC0415 - as above
    from lamplighter.settings import load_settings  # noqa: PLC0415 - as above
    from lamplighter.web.api import make_api  # noqa: PLC0415 - as above

    file = folder / "lamplighter.yaml"
    file.write_text(json.dumps({"sources": {}, "data_folder": str(folder / "data")}), encoding="utf-8")
    app = build_app(load_settings(file, environ={"HOME": str(folder)}))
    if not stored:
        app.store.journal = Nowhere(app.store.journal)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        make_api(app), log_config=None, access_log=False, server_header=False, backlog=CONNECTIONS_WAITING_MAX
    )
    calm_the_interpreter()
    uvicorn.Server(config).run(sockets=[listening])


def serve_naively(port: int, folder: Path) -> None:
    """Flask, a thread for each alert, each with a transaction of its own in SQLite, and the answer before they end."""
    from flask import Flask, Response, request  # noqa: PLC0415 - the other servers must not pay for it

    path = folder / "naive.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE alerts (id INTEGER PRIMARY KEY, fingerprint TEXT, status TEXT, body TEXT)")
        database.commit()

    def keep(alert: dict[str, Any]) -> None:
        with closing(sqlite3.connect(path, timeout=60.0)) as database:
            row = (alert["fingerprint"], alert["status"], json.dumps(alert))
            database.execute("INSERT INTO alerts (fingerprint, status, body) VALUES (?, ?, ?)", row)
            database.commit()

    server = Flask("naive")

    @server.post("/alert")
    def _alert() -> Response:
        for alert in request.get_json()["alerts"]:
            threading.Thread(target=keep, args=(alert,), daemon=True).start()
        return Response('{"status": "ok"}', mimetype="application/json")

    @server.get("/-/ready")
    def _ready() -> Response:
        return Response("ok")

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.run("127.0.0.1", port, threaded=True)


def main() -> None:
    """KIND PORT FOLDER"""
    kind, port, folder = sys.argv[1:]
    if kind == "naive":
        serve_naively(int(port), Path(folder))
    else:
        serve(int(port), Path(folder), stored=kind == "real")


if __name__ == "__main__":
    main()
