"""Stands in for the socket proxy of compose.yaml, which only a registry has: its rules, as they were read.

It runs by itself in a container, with the standard library alone.
"""

from __future__ import annotations

import asyncio
import re
import sys

PORT = 2375
SOCKET = "/var/run/docker.sock"
HEAD_BYTES_MAX = 64 * 1024
SEEN = re.compile(r"^(/v[0-9.]+)?/(_ping|version|events|system|containers)(/|\?|$)")
DONE = re.compile(r"^(/v[0-9.]+)?/containers/[A-Za-z0-9_.-]+/(stop|kill|restart|start)(\?|$)")


def allowed(method: str, path: str) -> bool:
    """Whether a request goes through at POST 0 with restart and start allowed."""
    return bool(DONE.match(path)) if method == "POST" else method in {"GET", "HEAD"} and bool(SEEN.match(path))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request on one connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        print(method, path, "passes" if allowed(method, path) else "is refused", flush=True)  # noqa: T201 - its log
        if not allowed(method, path):
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
            return
        there, back = await asyncio.open_unix_connection(SOCKET)
        back.write(re.sub(rb"(?im)^connection:.*\r\n", b"", head).replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
        await asyncio.gather(_poured(reader, back), _poured(there, writer))
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
        print(problem, file=sys.stderr, flush=True)  # noqa: T201 - its log
    finally:
        writer.close()


async def _poured(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while part := await source.read(HEAD_BYTES_MAX):
        target.write(part)
        await target.drain()
    target.close()


async def main() -> None:
    """Serve until it is stopped."""
    async with await asyncio.start_server(serve, "127.0.0.1", PORT, limit=HEAD_BYTES_MAX) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
