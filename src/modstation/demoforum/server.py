"""The demo forum on a socket: HTTP/1.1 with kept connections, one thread each, small answers sent at once."""

from __future__ import annotations

import socket
import socketserver
import sys
import traceback
from http import HTTPStatus

from .site import Reply, Site

_HEADER_LIMIT = 64 * 1024
_BODY_LIMIT = 8 * 1024 * 1024


class BadRequest(Exception):
    """The bytes are no HTTP request this server reads."""


class Connection(socketserver.StreamRequestHandler):
    """One kept connection."""

    server: Server
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer requests until the other side leaves or an answer has to break off."""
        try:
            while self._one():
                pass
        except (ConnectionError, TimeoutError):
            return
        except BadRequest:
            self._send(Reply(400, {"content-type": "text/plain"}, b"Bad Request"), "GET", False)

    def _one(self) -> bool:
        line = self.rfile.readline(_HEADER_LIMIT)
        if not line.strip():
            return bool(line)
        method, target, version = self._start(line)
        headers = self._headers()
        raw = self._body(headers)
        reply = self.server.site.reply(method, target, headers, raw)
        if reply is None:
            return False
        keep = headers.get("connection", "").lower() != "close" and version == "HTTP/1.1" and not reply.cut
        self._send(reply, method, keep)
        return keep

    def _start(self, line: bytes) -> tuple[str, str, str]:
        parts = line.decode("latin-1").split()
        if len(parts) != 3:
            raise BadRequest
        return parts[0], parts[1], parts[2]

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        size = 0
        while (line := self.rfile.readline(_HEADER_LIMIT)) not in (b"\r\n", b"\n", b""):
            size += len(line)
            if size > _HEADER_LIMIT:
                raise BadRequest
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _BODY_LIMIT:
            raise BadRequest
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes:
        whole = bytearray()
        while True:
            size = int(self.rfile.readline(_HEADER_LIMIT).split(b";")[0] or b"0", 16)
            whole += self.rfile.read(size)
            self.rfile.readline(_HEADER_LIMIT)
            if not size:
                return bytes(whole)
            if len(whole) > _BODY_LIMIT:
                raise BadRequest

    def _send(self, reply: Reply, method: str, keep: bool) -> None:
        reason = HTTPStatus(reply.status).phrase
        lines = [f"HTTP/1.1 {reply.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status != 304:
            lines.append(f"content-length: {len(reply.body)}")
        lines.append(f"connection: {'keep-alive' if keep else 'close'}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        body = b"" if method == "HEAD" else reply.body
        self.connection.sendall(head + (body[: len(body) // 2] if reply.cut else body))


class Server(socketserver.ThreadingTCPServer):
    """Listens on one address of this machine."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, site: Site) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        super().__init__((host, port), Connection)

    @property
    def url(self) -> str:
        """The address to ask, without a slash at the end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Remember the connection, so that closing the server ends it."""
        if isinstance(request, socket.socket):
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget the connection once it is over."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listening socket and every open connection."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves in the middle is no error of the forum."""
        problem = sys.exception()
        if not isinstance(problem, OSError):
            traceback.print_exc()
