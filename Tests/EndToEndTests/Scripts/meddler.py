"""meddler.py LISTEN_PORT HUB_PORT HUB_FOLDER BRANCH_FOLDER MODE: something between a branch and its hub.

It has the hub's certificate for the branch and the branch's for the hub, so both trust it, and does to
each answer of POST /v1/sync what MODE says:
  flip    changes one bit in the middle of the body
  html    answers a page instead, as a captive portal does
  cut     ends the connection in the middle of the body
  pass    changes nothing
  NUMBER  lets so many answers through, then ends every connection
Prints `ready` when it listens, and a line for each answer that it changed.
"""

import os
import socket
import ssl
import sys
import threading

PAGE = b"<!DOCTYPE html><html><title>Welcome to Hotel WLAN</title><p>Please accept the terms.</p></html>"


def read_message(stream):
    """The head of an HTTP/1.1 message, in lower case by name, and its body."""
    first = stream.readline()
    if not first:
        return None
    headers = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        headers.append(line)
    fields = {}
    for line in headers:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(fields.get(b"content-length", b"0")))
    return first, fields, body


def encoded(first, fields, body, kind=None):
    kept = {
        name: value
        for name, value in fields.items()
        if name not in (b"content-length", b"transfer-encoding")
    }
    if kind:
        kept[b"content-type"] = kind
    kept[b"content-length"] = str(len(body)).encode()
    head = first + b"".join(name + b": " + value + b"\r\n" for name, value in kept.items())
    return head + b"\r\n" + body


class Allowance:
    """How many answers may still go through; they come on several connections."""

    def __init__(self, mode):
        self.left = int(mode) if mode.isdigit() else None
        self.lock = threading.Lock()

    def is_used_up(self):
        with self.lock:
            if self.left is None:
                return False
            self.left -= 1
            return self.left < 0


def serve(client, upstream_port, to_hub, mode, allowance):
    with client, socket.create_connection(("127.0.0.1", upstream_port)) as plain:
        hub = to_hub.wrap_socket(plain, server_hostname="127.0.0.1")
        from_client, from_hub = client.makefile("rb"), hub.makefile("rb")
        while request := read_message(from_client):
            hub.sendall(encoded(*request))
            answer = read_message(from_hub)
            if answer is None:
                return
            first, fields, body = answer
            if allowance.is_used_up():
                print("cut off", flush=True)
                return
            if b"/v1/sync" not in request[0] or mode not in ("flip", "html", "cut") or not body:
                client.sendall(encoded(first, fields, body))
                continue
            print(f"changed {len(body)} bytes", flush=True)
            if mode == "flip":
                middle = len(body) // 2
                body = body[:middle] + bytes([body[middle] ^ 0x10]) + body[middle + 1 :]
                client.sendall(encoded(first, fields, body))
            elif mode == "html":
                client.sendall(encoded(b"HTTP/1.1 200 OK\r\n", {}, PAGE, b"text/html"))
            else:
                whole = encoded(first, fields, body)
                client.sendall(whole[: len(whole) - len(body) // 2])
                return


def quietly(*arguments):
    try:
        serve(*arguments)
    except (OSError, ValueError) as error:
        print(f"ended: {error}", file=sys.stderr, flush=True)


def main():
    listen_port, hub_port, hub_folder, branch_folder, mode = sys.argv[1:]
    as_hub = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    as_hub.load_cert_chain(
        os.path.join(hub_folder, "pki/server.pem"), os.path.join(hub_folder, "pki/server.key")
    )
    as_hub.load_verify_locations(os.path.join(hub_folder, "pki/ca.pem"))
    as_hub.verify_mode = ssl.CERT_OPTIONAL
    as_branch = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    as_branch.check_hostname = False
    as_branch.load_verify_locations(os.path.join(hub_folder, "pki/ca.pem"))
    as_branch.load_cert_chain(
        os.path.join(branch_folder, "device.pem"), os.path.join(branch_folder, "key.pem")
    )
    with socket.create_server(("127.0.0.1", int(listen_port))) as listener:
        print("ready", flush=True)
        allowance = Allowance(mode)
        while True:
            plain, _ = listener.accept()
            try:
                client = as_hub.wrap_socket(plain, server_side=True)
            except OSError as error:
                print(f"refused: {error}", file=sys.stderr, flush=True)
                continue
            arguments = (client, int(hub_port), as_branch, mode, allowance)
            threading.Thread(target=quietly, args=arguments, daemon=True).start()


main()
