"""An OpenAI-compatible server on 127.0.0.1 that answers with the last line of the prompt in capitals, or misbehaves as told."""

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[["Handler", dict[str, Any]], "dict[str, Any] | None"]


class LocalServer(ThreadingHTTPServer):
    """Keeps what it was asked.

    Attributes:
        faults: last line of a prompt -> faults of its next requests, in their order; later requests are answered well.
        always: last line of a prompt -> the fault of every request with it.
        asked: bodies of the chat requests, in the order of their arrival.
        keys: `Authorization` headers of all requests.
        most: largest number of chat requests that were under way at a time.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, models: list[dict[str, Any]] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.listing = 200  # status of the answer to who asks for its models
        self.models = models or [{"id": "tiny", "object": "model", "owned_by": "tests", "created": 1}]
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.always: dict[str, Fault] = {}
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.under_way = self.most = 0
        self.lock = threading.Lock()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def times(self, line: str) -> int:
        """How often a prompt with this last line came."""
        return sum(last_line(body) == line for body in self.asked)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are part of the tests."""

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


@contextmanager
def serving(models: list[dict[str, Any]] | None = None) -> Iterator[LocalServer]:
    server = LocalServer(models)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.close()


class Handler(BaseHTTPRequestHandler):
    server: LocalServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.keys.append(self.headers["Authorization"])
        self.send(self.server.listing, {"object": "list", "data": self.server.models})

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.keys.append(self.headers["Authorization"])
            server.asked.append(body)
            server.under_way += 1
            server.most = max(server.most, server.under_way)
            queue = server.faults[last_line(body)]
            fault = queue.pop(0) if queue else server.always.get(last_line(body), good)
        try:
            answer = fault(self, body)
        finally:
            with server.lock:
                server.under_way -= 1
        if answer is not None:
            self.send(200, answer)

    def send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


def last_line(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"].rsplit("\n", 1)[-1])


def good(handler: Handler, body: dict[str, Any]) -> dict[str, Any]:
    text = last_line(body).upper()
    return {
        "id": "1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": f" {text}\n"},
                "logprobs": {"content": [{"token": "a", "logprob": -0.25}, {"token": "b", "logprob": -0.75}]},
            }
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13},
    }


def but(**changes: Any) -> Fault:
    """A good answer in which the first choice has other values."""

    def answer(handler: Handler, body: dict[str, Any]) -> dict[str, Any]:
        made = good(handler, body)
        made["choices"][0].update(changes)
        return made

    return answer


def raw(text: str) -> Fault:
    return lambda handler, body: handler.send(200, text.encode())


def status(code: int, message: str = "no", **headers: str) -> Fault:
    """An HTTP error; `Retry_After` stands for `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, body: handler.send(code, {"error": {"message": message}}, named)


def repeats_the_key(code: int) -> Fault:
    return lambda handler, body: handler.send(
        code, {"error": {"message": f"wrong: {handler.headers['Authorization']}"}}
    )


def hang(handler: Handler, body: dict[str, Any]) -> None:
    handler.server.over.wait()


def drop(handler: Handler, body: dict[str, Any]) -> None:
    """Break the connection in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
