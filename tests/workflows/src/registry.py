# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# registry.py LOG BUSYBOX - the servers of w11-registry.sh on loopback: a registry whose repositories are named for what is wrong
# with each, another host (it gives out tokens, and stores blobs), and a proxy. Prints their ports; each request becomes a line of
# LOG: `SERVER METHOD PATH RANGE AUTHORIZATION`.
import base64, email.utils, gzip, hashlib, http.server, io, json, os, random, select, socket, sys, tarfile, threading, time

log = open(sys.argv[1], "a", buffering=1)
busybox = open(sys.argv[2], "rb").read()
ports, counts, lock, barrier = {}, {}, threading.Lock(), threading.Barrier(3)
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
USER = "Basic " + base64.b64encode(b"user:secret").decode()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar(**files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as f:
        for name, data in files.items():
            t = tarfile.TarInfo(name)
            t.size, t.mode, t.uid, t.gid = len(data), 0o755, 3, 4
            f.addfile(t, io.BytesIO(data))
    return out.getvalue()


noise = random.Random(1).randbytes(1 << 21)
layers = [tar(busybox=busybox), tar(noise=noise), tar(small=b"s")]
blobs, manifests = {}, {}


def keep(data, into=blobs):
    into[digest(data)] = data
    return digest(data)


def image(parts, machine="amd64", **more):
    packed = [gzip.compress(p, 1, mtime=0) for p in parts]
    config = json.dumps({"architecture": machine, "os": "linux", "config": {"Cmd": ["/busybox", "echo", machine]},
        "rootfs": {"type": "layers", "diff_ids": [digest(p) for p in parts]}}).encode()
    m = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": keep(config), "size": len(config)}, "layers": [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": keep(p), "size": len(p)} for p in packed]}
    m.update(more)
    return m


def text(m):
    return json.dumps(m).encode()


def index(*entries):
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"mediaType": MANIFEST, "digest": keep(text(m), manifests), "size": len(text(m)), **more} for m, more in entries]}


def on(os, machine, **more):
    return {"platform": {"os": os, "architecture": machine, **more}}


good = image(layers)
first_layer, large_layer = good["layers"][0]["digest"], good["layers"][1]["digest"]


def changed(**of_layer):
    m = json.loads(text(good))
    m["layers"][1].update(of_layer)
    return m


deep = good
for _ in range(10):
    deep = index((deep, {}))
special = {
    "overlap": image([layers[0], tar(other=b"o" * 5000)]),
    "twice": image([layers[0], layers[2], layers[0], layers[2]]),
    "many": image([tar(**{"f%d" % n: b"x" * n}) for n in range(40)]),
    "platforms": index((image([layers[2]], "arm64"), on("linux", "arm64", variant="v8")), (good, on("linux", "amd64")),
        (good, on("unknown", "unknown"))),
    "foreign": index((image([layers[2]], "s390x"), on("linux", "s390x"))),
    "wrongmanifest": index((good, on("linux", "amd64"))),
    "machine": image([layers[2]], "s390x"),
    "deep": deep,
    "negative": changed(size=-1),
    "enormous": changed(size=9 * 10**18),
    "toolarge": changed(size=10**14),
    "fraction": changed(size=1.5),
    "nodigest": changed(digest="sha256:../../../../etc/passwd"),
    "sha512": changed(digest="sha512:" + "0" * 128),
    "sizes": changed(size=len(blobs[large_layer]) + 1),
    "nolayers": dict(good, layers=3),
    "noconfig": {"schemaVersion": 1, "fsLayers": []},
    "list": [1, 2, 3],
    "null": dict(good, config=None),
    "manyids": dict(good, layers=good["layers"][:2]),
}
raw = {
    "huge": b'{"a":"' + b"x" * (5 << 20) + b'"}',
    "nested": b"[" * 100000,
    "number": b'{"layers":' + b"9" * 1000 + b"}",
    "html": b"<html><body>Please log in to this network</body></html>",
    "empty": b"",
    "notext": b"\xff\xfe\x00\x01",
}


def manifest_of(name):
    if name in raw:
        return raw[name]
    return text(special.get(name, good))


def nth(*key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self):
        log.write("%s %s %s %s %s\n" % (self.server.what, self.command, self.path, self.headers.get("Range", "-"),
            self.headers.get("Authorization", "-")))

    def answer(self, status, data=b"", length=None, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass
        if length is not None and length > len(data):
            self.close_connection = True

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass

    def slowly(self, data, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(0.5)
        except OSError:
            pass

    def silence(self):
        # Until the client goes.
        select.select([self.connection], [], [], 60)
        self.close_connection = True

    def ranged(self, data):
        want = self.headers.get("Range")
        if not want:
            return self.answer(200, data)
        start = int(want.split("=")[1].split("-")[0])
        if start >= len(data):
            return self.answer(416)
        self.answer(206, data[start:], Content_Range="bytes %d-%d/%d" % (start, len(data) - 1, len(data)))


def challenge(realm="http://127.0.0.1:%d/token", scheme="Bearer"):
    realm = realm % ports["other"] if "%d" in realm else realm
    return {"WWW_Authenticate": '%s realm="%s",service="here",scope="repository:x:pull"' % (scheme, realm)}


class Registry(Handler):
    def do_GET(self):
        self.note()
        part = self.path.split("/")
        if len(part) < 5 or part[1] != "v2":
            return self.answer(404)
        name, kind, what = part[2], part[3], part[4]
        if not self.let_in(name, kind):
            return
        if kind == "manifests":
            self.manifest(name, what)
        else:
            self.blob(name, what)

    # Logins.
    def let_in(self, name, kind):
        got = self.headers.get("Authorization", "")
        if name in ("token", "away", "awaytoken", "unquoted"):
            good, want = got == "Bearer anybody", challenge()
            if name == "unquoted":
                want = {"WWW_Authenticate": "Bearer realm=http://127.0.0.1:%d/token,service=here" % ports["other"]}
        elif name == "private":
            good, want = got == "Bearer known", challenge("http://127.0.0.1:%d/private")
        elif name == "identity":
            good, want = got == "Bearer refreshed", challenge("http://127.0.0.1:%d/identity")
        elif name == "expiring":
            good, want = got.startswith("Bearer once"), challenge("http://127.0.0.1:%d/once")
            if good and nth(name, got) > 2:
                good = False
        elif name in ("basic", "awaybasic"):
            good, want = got == USER, challenge(scheme="Basic")
        elif name in ("loop", "loopbasic"):
            good, want = False, challenge(scheme="Bearer" if name == "loop" else "Basic")
        elif name.startswith("badtoken"):
            good, want = False, challenge("http://127.0.0.1:%d/" + name)
        elif name == "badrealm":
            good, want = False, challenge("file:///etc/passwd")
        elif name == "unknown":
            good, want = False, {"WWW_Authenticate": "Negotiate"}
        else:
            return True
        if not good:
            self.answer(401, b"no", **want)
        return good

    def manifest(self, name, what):
        if what.startswith("sha256:"):
            data = manifests.get(what)
            if name == "wrongmanifest":
                data += b" "
            return self.answer(200, data) if data else self.answer(404)
        data = manifest_of(name)
        if name in ("forbidden", "none", "teapot", "broken", "gone"):
            return self.answer({"forbidden": 403, "none": 404, "teapot": 418, "broken": 500, "gone": 410}[name])
        if name in ("busy", "busydate") and nth(name) == 1:
            wait = 1 if name == "busy" else email.utils.formatdate(time.time() + 2, usegmt=True)
            return self.answer(429, Retry_After=wait)
        if name in ("busier", "unavailable"):
            return self.answer(429 if name == "busier" else 503, Retry_After=4000)
        if name == "busiest":
            return self.answer(429)
        if name == "flaky" and nth(name) < 3:
            return self.answer(500 if nth(name, 1) == 1 else 502)
        if name == "silent":
            return self.silence()
        if name == "drip":
            return self.slowly(data, len(data))
        if name == "circle":
            return self.answer(302, Location=self.path)
        if name in ("file", "ftp"):
            return self.answer(302, Location="file:///etc/passwd" if name == "file" else "ftp://127.0.0.1:%d/x" % ports["other"])
        if name == "awaytoken":
            return self.answer(307, Location="http://127.0.0.1:%d/steal" % ports["other"])
        if name == "endless":
            return self.endless()
        if name == "headers":
            self.send_response(200)
            try:
                for n in range(20000):
                    self.send_header("X-%d" % n, "y" * 100)
                    if n % 100 == 0:
                        self.flush_headers()
            except OSError:
                pass
            self.close_connection = True
            return
        if name == "gzip":
            return self.answer(200, gzip.compress(data), Content_Encoding="gzip")
        if name == "bomb":
            return self.answer(200, gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip")
        if name == "notgzip":
            return self.answer(200, data, Content_Encoding="gzip")
        if name == "strange":
            return self.answer(200, data, Content_Encoding="pied-piper")
        if name == "closing":
            self.close_connection = True
            return
        if name == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            self.close_connection = True
            return
        if name == "half":
            return self.answer(200, data[:100], len(data))
        self.answer(200, data, Content_Type=MANIFEST)

    # What is wrong is wrong with the large layer.
    def blob(self, name, what):
        data = blobs.get(what)
        if data is None:
            return self.answer(404)
        if name == "together" and what in [l["digest"] for l in good["layers"]]:
            # Only to whom asks for all of them at once.
            try:
                barrier.wait(20)
            except threading.BrokenBarrierError:
                return self.answer(404)
        if what != large_layer:
            return self.ranged(data)
        half = len(data) // 2
        if name in ("away", "awaybasic"):
            return self.answer(307, Location="http://127.0.0.1:%d/blob/%s" % (ports["other"], what))
        if name == "away401":
            return self.answer(307, Location="http://127.0.0.1:%d/steal" % ports["other"])
        if name == "blobcircle":
            return self.answer(302, Location=self.path)
        if name == "missing":
            return self.answer(404)
        if name == "corrupt":
            return self.ranged(data[:half] + bytes([data[half] ^ 1]) + data[half + 1:])
        if name == "short":
            return self.answer(200, data[:half])
        if name == "long":
            return self.answer(200, data + b"more")
        if name == "endlessblob":
            return self.endless()
        if name == "gzipblob":
            return self.answer(200, gzip.compress(data), Content_Encoding="gzip")
        if name == "htmlblob":
            return self.answer(200, raw["html"], Content_Type="text/html")
        if name in ("cut", "cutnorange", "cut416", "cutflaky"):
            n = nth(name)
            if n == 1:
                return self.answer(200, data[:half], len(data))
            if name == "cut":
                return self.ranged(data)
            if name == "cutflaky" and n == 2:
                return self.answer(503)
            if name == "cut416" and n == 2:
                return self.answer(416)
            return self.ranged(data) if name == "cutflaky" else self.answer(200, data)
        if name == "cutalways":
            return self.answer(200, data[:half], len(data))
        if name == "wrongrange" and self.headers.get("Range"):
            return self.answer(206, data[:1000], Content_Range="bytes 0-999/%d" % len(data))
        if name == "wrongrange":
            return self.answer(200, data[:half], len(data))
        if name == "silentblob" and self.headers.get("Range"):
            return self.silence()
        if name == "silentblob":
            self.answer(200, data[:half], len(data))
            return self.silence()
        if name == "slow":
            # Long enough to be killed in between.
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for n in range(0, len(data), 1 << 16):
                try:
                    self.wfile.write(data[n : n + (1 << 16)])
                except OSError:
                    break
                time.sleep(0.03)
            return
        self.ranged(data)


class Other(Handler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.path += "?" + body
        self.do_GET()

    def do_GET(self):
        self.note()
        path = self.path.split("?")[0]
        got = self.headers.get("Authorization", "")
        if path == "/token":
            return self.answer(200, b'{"token":"anybody"}')
        if path == "/once":
            return self.answer(200, text({"access_token": "once%d" % nth("once")}))
        if path == "/private":
            return self.answer(200, b'{"token":"known"}') if got == USER else self.answer(401)
        if path == "/identity":
            good = self.command == "POST" and "refresh_token=identity" in self.path and "grant_type=refresh_token" in self.path
            return self.answer(200, b'{"access_token":"refreshed"}') if good else self.answer(401)
        if path.startswith("/badtoken"):
            kind = path[9:]
            data = {"html": raw["html"], "none": b"{}", "line": b'{"token":"a\\r\\nX-Evil: 1"}', "number": b'{"token":5}',
                "empty": b""}.get(kind)
            return self.answer(500) if data is None else self.answer(200, data)
        if path.startswith("/blob/"):
            return self.ranged(blobs[path[6:]])
        if path == "/steal":
            return self.answer(401, **challenge("http://127.0.0.1:%d/private"))
        self.answer(404)


class Proxy(Handler):
    # Every name ending in .test is this machine.
    def upstream(self, host):
        name, _, port = host.partition(":")
        if not name.endswith(".test"):
            return None
        try:
            return socket.create_connection(("127.0.0.1", int(port or 80)))
        except OSError:
            return None

    def pipe(self, there):
        while True:
            ready = select.select([self.connection, there], [], [], 30)[0]
            if not ready:
                return
            for s in ready:
                data = s.recv(65536)
                if not data:
                    return
                (there if s is self.connection else self.connection).sendall(data)

    def do_CONNECT(self):
        self.note()
        there = self.upstream(self.path)
        if not there:
            return self.answer(502)
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            self.pipe(there)
        except OSError:
            pass

    def do_GET(self):
        self.note()
        host, _, rest = self.path.removeprefix("http://").partition("/")
        there = self.upstream(host)
        if not there:
            return self.answer(502)
        self.close_connection = True
        lines = ["GET /%s HTTP/1.1" % rest, "Host: " + host, "Connection: close"]
        lines += ["%s: %s" % (k, v) for k, v in self.headers.items() if k.lower() in ("accept", "authorization", "range")]
        there.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while data := there.recv(65536):
            self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, request, address):
        pass


for what, handler in (("registry", Registry), ("other", Other), ("proxy", Proxy)):
    server = Server(("127.0.0.1", 0), handler)
    server.what = what
    ports[what] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(ports["registry"], ports["other"], ports["proxy"], flush=True)
# Until whoever started it is gone.
sys.stdin.read()
