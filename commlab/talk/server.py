"""The server: the page and its websocket, on this machine alone unless it is told otherwise."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from commlab.foundation.errors import DataError
from commlab.talk.clients import Client
from commlab.talk.guard import Guard, Place
from commlab.talk.room import Room

__all__ = ["MOST_CLIENTS", "Server", "listen"]

STATIC = Path(__file__).parent / "static"
PAGE = Path(__file__).parents[1] / "page"
SERVED = (".html", ".css", ".js", ".svg", ".png", ".json", ".woff2")
MOST_CLIENTS = 32
_MOST_BYTES = 64 * 1024  # of a message, before the connection is cut; those above 16 KB are refused in a sentence
_FULL, _SLOW, _FLOOD = 1013, 1013, 1008  # websocket close codes: try again later, and a broken rule
_STALLED = 30.0  # seconds that a client may take nothing
_ENDING = 1  # seconds for clients to say goodbye


class Server:
    """A room, served."""

    def __init__(self, room: Room, listening: socket.socket, token: str | None = None, host: str | None = None) -> None:
        """Serve a room at a socket that listens already; `host` is what it is called, where that is no number."""
        number, port = listening.getsockname()[:2]
        self.room, self.listening = room, listening
        self.place = Place(host or number, port, token)
        self._inside = 0
        routes = [
            Route("/", self._index),
            WebSocketRoute("/ws", self._talk),
            Mount("/static", OwnFiles(directory=STATIC, check_dir=False)),
            Mount("/page", OwnFiles(directory=PAGE, check_dir=False)),
        ]
        config = uvicorn.Config(
            Guard(Starlette(routes=routes), self.place),
            ws="websockets-sansio",
            ws_max_size=_MOST_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            log_level="error",
            server_header=False,
            date_header=False,
            limit_concurrency=4 * MOST_CLIENTS,
            timeout_graceful_shutdown=_ENDING,
        )
        self._server = uvicorn.Server(config)
        self._told_to_stop = False

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until it is told to stop; call `ready` once it does serve. Raises KeyboardInterrupt after Ctrl-C."""
        try:
            asyncio.run(self._serve(ready))
        finally:
            self.room.stop()
            self.listening.close()
        if not self._told_to_stop:  # the signal was caught as the last of it ended, and went under
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Tell it to stop."""
        self._told_to_stop = True
        self._server.should_exit = True

    async def _serve(self, ready: Callable[[], None] | None) -> None:
        """Serve in this event loop."""
        self.room.loop = asyncio.get_running_loop()
        self.room.start()
        if ready is not None:
            asyncio.get_running_loop().call_later(0.05, lambda: threading.Thread(target=ready, daemon=True).start())
        await self._server.serve(sockets=[self.listening])

    async def _index(self, request: Request) -> Response:
        """Return the page."""
        return FileResponse(STATIC / "index.html")

    async def _talk(self, websocket: WebSocket) -> None:
        """Let a client in, for as long as it stays."""
        await websocket.accept()
        client = Client()
        if self._inside >= MOST_CLIENTS:
            await websocket.close(_FULL, "the room is full")
            return
        self._inside += 1
        self.room.enter(client)
        writing = asyncio.create_task(self._write(websocket, client))
        try:
            await self._read(websocket, client)
        finally:
            self._inside -= 1
            writing.cancel()
            self.room.leave(client)
            await asyncio.gather(writing, return_exceptions=True)

    async def _read(self, websocket: WebSocket, client: Client) -> None:
        """Hear what a client asks for until it leaves."""
        while True:
            try:
                message = await websocket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return
            if message["type"] != "websocket.receive":
                return
            self.room.hear(client, message.get("text") or message.get("bytes") or "")
            if client.floods:
                await close(websocket, _FLOOD, "too many messages")
                return

    async def _write(self, websocket: WebSocket, client: Client) -> None:
        """Send a client what waits for it; one that takes nothing is let go."""
        try:
            while not client.too_slow:
                for text in await client.take():
                    await asyncio.wait_for(websocket.send_text(text), _STALLED)
            await close(websocket, _SLOW, "too slow")
        except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            await close(websocket, _SLOW, "too slow")


class OwnFiles(StaticFiles):
    """The package's own files, of kinds that a page is made of."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; 404 for all else."""
        if PurePosixPath(path).suffix not in SERVED:
            raise HTTPException(404)
        return await super().get_response(path, scope)


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close a websocket that may be gone already."""
    if websocket.application_state == WebSocketState.DISCONNECTED:
        return
    try:
        await asyncio.wait_for(websocket.close(code, reason), 1.0)
    except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
        return


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes any. Raises DataError where it cannot."""
    if not 0 <= port < 2**16:
        raise DataError(f"--port {port} is no port; ports are 0 (any) to 65535.")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=64)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise DataError(
                f"Port {port} of {host} is taken, perhaps by another `commlab talk`; name another --port, or 0 for any."
            ) from None
        raise DataError(f"{host} port {port} cannot be listened at ({error.strerror}); name others.") from None
