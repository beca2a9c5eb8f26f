"""What lies between a phone and the service, and what it does to what is sent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Network:
    """
    What lies between the phone and the service.

    Parameters
    ----------
    app
        The service.
    lost
        How many answers to what is sent are still lost after the service has acted.
    away
        Whether the service is away, and only what stands before it answers.
    portal
        Whether a hotel's page answers instead of the service.
    broken
        Part of the path of what the service breaks on.
    busy
        How many requests are still told that others are writing.
    cut_after
        After how many bytes the next photo's way breaks off; not at all if 0.
    asked
        What was sent: method and path.
    """

    app: ASGIApp
    lost: int = 0
    away: bool = False
    portal: bool = False
    broken: str = ""
    busy: int = 0
    cut_after: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or do to it what networks do."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        changes = scope["method"] in {"POST", "PUT"} and scope["path"].startswith("/api/")
        if changes:
            self.asked.append(f"{scope['method']} {scope['path']}")
        if instead := self._instead(scope["path"], changes=changes):
            await _say(send, *instead)
        elif changes and self.cut_after and "/photos/" in scope["path"]:
            after, self.cut_after = self.cut_after, 0
            with suppress(ClientDisconnect):
                await self.app(scope, _cut(receive, after), send)
        elif changes and self.lost:
            self.lost -= 1
            await self.app(scope, receive, _nowhere)
            await _say(send, 502, b"text/html", b"<html>Bad gateway</html>")
        else:
            await self.app(scope, receive, send)

    def _instead(self, path: str, *, changes: bool) -> tuple[int, bytes, bytes] | None:
        """Return what answers before the service does, if anything."""
        if self.portal:
            return 200, b"text/html", b"<html>Welcome</html>"
        if self.away and path.startswith("/api/"):
            return 503, b"text/html", b"<html>Service unavailable</html>"
        if changes and self.broken and self.broken in path:
            return 500, b"application/json", b"{}"
        if changes and self.busy:
            self.busy -= 1
            return 503, b"application/problem+json", b'{"code": "busy"}'
        return None


def _cut(receive: Receive, after: int) -> Receive:
    """Break a connection off once so many bytes of a body have come, as a lift does."""
    passed = 0

    async def some() -> Message:
        nonlocal passed
        message = await receive()
        passed += len(message.get("body", b""))
        if passed < after:
            return message
        receive.__self__.transport.abort()  # type: ignore[attr-defined]  # of uvicorn's cycle
        return {"type": "http.disconnect"}

    return some


async def _nowhere(_message: Message) -> None:
    """Lose what is sent."""


async def _say(send: Send, status: int, media: bytes, body: bytes) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", media)]}
    )
    await send({"type": "http.response.body", "body": body})
