"""A server that obeys CORSPEC_POLICY as far as the tests need it, and does what its arguments say."""

import json
import os
import socket
import sys
import threading

policy = json.loads(os.environ["CORSPEC_POLICY"])
does = set(sys.argv[1:])

if "refuse-dangerous" in does and policy["any_origin"] and policy["credentials"]:
    sys.exit("any origin with credentials is not supported")
if "once" in does:
    if os.path.exists("was-here"):
        sys.exit("cannot start a second time")
    open("was-here", "w").close()


def answer(stream):
    with stream:
        head = b""
        while b"\r\n\r\n" not in head:
            part = stream.recv(65536)
            if not part:
                return
            head += part
        method = head.split(b" ", 1)[0].decode()
        if f"die-of-{method}" in does:
            print(f"cannot cope with {method}", file=sys.stderr, flush=True)
            os._exit(7)
        lines = ["HTTP/1.1 200 OK", "Content-Length: 2", "Connection: close"]
        if "silent" not in does:
            lines.append("Access-Control-Allow-Origin: *")
        if method == "OPTIONS":
            lines.append("Access-Control-Allow-Methods: " + ", ".join(policy["methods"]))
        if "new-header" in does:
            lines.append("X-New: yes")
        stream.sendall(("\r\n".join(lines) + "\r\n\r\nok").encode())


listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    stream, _ = listener.accept()
    threading.Thread(target=answer, args=(stream,), daemon=True).start()
