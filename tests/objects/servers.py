"""Servers on loopback: moto for S3, and small ones that answer as Google, Azure and the web do."""

import gzip
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape


@contextmanager
def s3():
    """A real server of S3; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=1).read()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("moto did not start") from None
                time.sleep(0.1)
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def answering(handler):
    """A server that answers with the handler; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def free_port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return server.server_port


class Quiet(BaseHTTPRequestHandler):
    """The common part: answers with a status and bytes, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()


def store(files, listing):
    """A handler that gives these files ({key: bytes}) below /bucket/, and lists them as `listing` writes it."""

    class Store(Quiet):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            query = urllib.parse.parse_qs(url.query)
            key = urllib.parse.unquote(url.path).removeprefix("/").partition("/")[2]
            if key in files and "prefix" not in query:
                body = files[key]
                headers = [("ETag", '"1"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]
                return self.answer(200, body, headers)
            if query:
                prefix = query.get("prefix", [""])[0]
                found = {key: body for key, body in files.items() if key.startswith(prefix)}
                return self.answer(200, listing(found).encode(), [("Content-Type", "application/xml")])
            return self.answer(404)

    return Store


def google_listing(files):
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<Size>{len(body)}</Size><ETag>\"1\"</ETag></Contents>"
        for key, body in sorted(files.items())
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"


def azure_listing(files):
    blobs = "".join(
        f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>"
        f"<Content-Length>{len(body)}</Content-Length><Content-Type>text/csv</Content-Type><Etag>1</Etag>"
        f"<ResourceType>file</ResourceType></Properties></Blob>"
        for key, body in sorted(files.items())
    )
    return f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"


def refusing(status, code, message):
    """A handler that refuses everything in the words of S3."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()

    class Refusing(Quiet):
        def do_GET(self):
            self.answer(status, body)

    return Refusing


def web(files, query):
    """A handler of files on the web: plain, packed, in chunks without a length, after two failures, elsewhere, and with
    a query without which they are not given."""
    failures = {"left": 2}

    class Web(Quiet):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            folder, _, name = url.path.removeprefix("/").partition("/")
            body = files.get(name)
            if body is None:
                return self.answer(404)
            if folder == "plain":
                return self.answer(200, body)
            if folder == "packed":
                return self.answer(200, gzip.compress(body))
            if folder == "signed":
                return self.answer(200, body) if url.query == query else self.answer(403)
            if folder == "moved":
                return self.answer(302, headers=[("Location", f"/plain/{name}")])
            if folder == "busy":
                failures["left"] -= 1
                return self.answer(503) if failures["left"] >= 0 else self.answer(200, body)
            if folder == "chunks":
                return self.in_chunks(body)
            return self.answer(404)

        def in_chunks(self, body):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for begin in range(0, len(body), 1000):
                piece = body[begin : begin + 1000]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

    return Web
