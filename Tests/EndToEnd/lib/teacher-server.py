"""A chat service that plays a teacher, and misbehaves by a plan. Usage: teacher-server.py LOG PORT_FILE

Each request's first and later answers follow from the hash of its body alone. A line of the log is a hash and what was
done: `answered` once the whole of an answer is sent.
"""
import collections
import hashlib
import http.server
import json
import os
import re
import sys
import threading
import time

log_path, port_path = sys.argv[1:]
lock = threading.Lock()
tries = collections.Counter()


def note(digest, what):
    with lock, open(log_path, "a") as log:
        log.write(f"{digest} {what}\n")


def verdict(user, number):
    """A well-formed judgement of the two responses: right or wrong as the number has it, every third useless."""
    if number % 5 == 0:
        return "I would rather not say which of the two it is."
    near = "AB"[number % 2]
    found = re.search(r"<response_a>\n([^\n]+)", user)
    words = [word for word in (found.group(1).split() if found else []) if '"' not in word and "<" not in word][:3]
    scores = "A: 8, B: 3" if near == "A" else "A: 2.5, B: 7"
    return (
        "<criteria>The exemplars keep to one kind of sentence, and so does one of the responses.</criteria>\n"
        f'<eval>Response A begins with "{" ".join(words)}" and Response B in another way. '
        f"All in all Response {near} is closer to the exemplars.</eval>\n<scores>{scores}</scores>"
    )


class Teacher(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, fields=(), length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hashlib.sha256(body).hexdigest()[:16]
        number = int(digest, 16)
        with lock:
            tries[digest] += 1
            is_first = tries[digest] == 1
        plan = number // 10 % 6 if is_first else 6
        if plan == 0:
            self.send(429, b'{"error":{"message":"slow down"}}', [("Retry-After", "1")])
            return note(digest, "429")
        if plan == 1:
            self.send(500, b"oops")
            return note(digest, "500")
        if plan == 3:
            self.send(200, b'{"choices": [{"message": {"content": ')
            return note(digest, "malformed")
        user = json.loads(body)["messages"][-1]["content"]
        answer = json.dumps({
            "choices": [{"message": {"role": "assistant", "content": verdict(user, number)}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50},
        }).encode()
        if plan == 2:
            self.send(200, answer[: len(answer) // 2], length=len(answer))
            self.close_connection = True
            return note(digest, "truncated")
        time.sleep(0.6 if plan == 4 else 0.05)
        if self.headers.get("Authorization") != "Bearer sk-end-to-end-key":
            self.send(401, b"{}")
            return note(digest, "401")
        # Noted first: who has the answer must not be ahead of the log.
        note(digest, "answered")
        self.send(200, answer)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that was killed is part of the plan."""


server = Server(("127.0.0.1", 0), Teacher)
with open(port_path + ".part", "w") as file:
    file.write(str(server.server_address[1]))


os.replace(port_path + ".part", port_path)
server.serve_forever()
