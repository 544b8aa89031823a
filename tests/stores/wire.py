"""A far side reduced to its wire: a loopback server that says exactly the bytes it is told."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable


class Wire:
    """A server on loopback; `play` is called with the socket after each whole request. `connections` counts
    accepts."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}/mm5/json.mvc"
        self.requests: list[bytes] = []
        self.connections = 0
        self.play: Callable[[socket.socket], None] = lambda peer: None
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def answers(self, *pieces: bytes, pause: float = 0.0) -> None:
        def play(peer: socket.socket) -> None:
            for piece in pieces:
                peer.sendall(piece)
                if pause:
                    self.stopping.wait(pause)

        self.play = play

    def trickles(self, beginning: bytes = b"HTTP/1.1 200 OK\r\n", piece: bytes = b"X-Slow: 1\r\n") -> None:
        """Begins an answer, and goes on piece by piece until the other side or the test has had enough."""

        def play(peer: socket.socket) -> None:
            peer.sendall(beginning)
            while not self.stopping.wait(0.05):
                peer.sendall(piece)

        self.play = play

    def resets(self, *pieces: bytes) -> None:
        """Sends the pieces, then breaks the connection with a reset."""

        def play(peer: socket.socket) -> None:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(0.05)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()

        self.play = play

    def stays_silent(self) -> None:
        self.play = lambda peer: self.stopping.wait(5) and None

    def close(self) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(5)
            while request := _whole_request(peer):
                self.requests.append(request)
                self.play(peer)


def _whole_request(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body
