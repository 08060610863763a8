"""A client of the upload API, with every detail of the form under the test's control."""

import base64
import json

import client

BOUNDARY = "----a-boundary-of-34-characters---"


def part(name, content, filename=None, extra=""):
    if isinstance(content, str):
        content = content.encode()
    disposition = f'form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
        extra = extra or "Content-Type: application/octet-stream\r\n"
    return (f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n{extra}\r\n".encode()
            + content + b"\r\n")


def form(*parts):
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def headers(key, body, **more):
    found = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
             "Content-Length": str(len(body))}
    if key is not None:
        found["Authorization"] = basic(key)
    return {**found, **more}


def post(port, target, body, key, more=None, host="localhost", pieces=None):
    """Sends a form; `pieces` are the lengths after which to pause. Returns the answer."""
    with client.Connection(port) as connection:
        connection.send(target, method="POST", headers=headers(key, body, **(more or {})),
                        host=host)
        for length in pieces or ():
            connection.socket.sendall(body[:length])
            body = body[length:]
        connection.socket.sendall(body)
        answer = connection.receive()
        answer.json = json.loads(answer.body) if answer.body else None
        return answer


def upload(site, picture, name="photo.png", target="/api/v1/files/upload", key=None, port=None,
           **fields):
    """One file by ImageKit's API; the file comes first, as most clients send it."""
    texts = {"fileName": name, **fields}
    body = form(part("file", picture, filename=name),
                *(part(field, text) for field, text in texts.items()))
    return post(port or site.folder.port("door"), target, body, key or KEY)


def id_of(path):
    return base64.urlsafe_b64encode(path.encode()).decode().rstrip("=")


def call(site, method, target, body=None, key=None, more=None):
    """One call with a JSON body, which may be given as bytes; without a key where that is ""."""
    content = b"" if body is None else body
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    if key != "":
        headers["Authorization"] = basic(key or KEY)
    with client.Connection(site.folder.port("door")) as connection:
        connection.send(target, method=method, headers={**headers, **(more or {})})
        connection.socket.sendall(content)
        answer = connection.receive()
    answer.json = json.loads(answer.body) if answer.body else None
    return answer


KEY = "private_key_of_the_uploads_="
