"""proxy.py LISTEN_PORT HUB_PORT MODE SEED: a bad line between a branch and its hub, below TLS.

It passes bytes and does to them, at random moments drawn from SEED, what MODE says:
  cut        ends a connection after so many bytes, in one direction or both
  delay      holds a piece back for a moment, or passes it byte by byte
  duplicate  passes a piece twice
  corrupt    changes one bit
  reset      ends a connection with a reset
  all        any of these
  pass       nothing
Modes but `pass` leave about half of the connections alone, so that work gets done in the end.
Prints `ready` when it listens, and a line for each thing that it did.
"""

import random
import socket
import struct
import sys
import threading
import time

FAULTS = ["cut", "delay", "duplicate", "corrupt", "reset"]


class Fault:
    """What happens to one connection: at which byte of which direction."""

    def __init__(self, mode, rng):
        self.kind = rng.choice(FAULTS) if mode == "all" else mode
        if mode == "pass" or rng.random() < 0.5:
            self.kind = None
        self.is_upward = rng.random() < 0.5
        # A handshake has some 4 kB; bodies come after it.
        self.at = rng.randrange(1, 1 << rng.randint(4, 16))


def passed(piece, offset, fault):
    """What becomes of a piece that begins at an offset; None ends the connection."""
    if fault.kind is None or not offset <= fault.at < offset + len(piece):
        return piece
    index = fault.at - offset
    print(f"{fault.kind} at {fault.at} {'up' if fault.is_upward else 'down'}", flush=True)
    if fault.kind == "corrupt":
        return piece[:index] + bytes([piece[index] ^ 0x20]) + piece[index + 1 :]
    if fault.kind == "duplicate":
        return piece + piece
    if fault.kind == "delay":
        time.sleep(0.3)
        return piece
    return None


def close(one, other, kind):
    for end in (one, other):
        try:
            if kind == "reset":
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()
            else:
                end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def pump(source, target, fault, is_upward):
    offset = 0
    try:
        while piece := source.recv(1 << 14):
            sent = passed(piece, offset, fault) if fault.is_upward == is_upward else piece
            if sent is None:
                target.sendall(piece[: max(0, fault.at - offset)])
                close(source, target, fault.kind)
                return
            offset += len(piece)
            if fault.kind == "delay" and is_upward == fault.is_upward and len(sent) < 600:
                for byte in sent:
                    target.sendall(bytes([byte]))
            else:
                target.sendall(sent)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        close(source, target, None)


def main():
    listen_port, hub_port, mode, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    with socket.create_server(("127.0.0.1", int(listen_port))) as listener:
        print("ready", flush=True)
        while True:
            client, _ = listener.accept()
            fault = Fault(mode, rng)
            try:
                hub = socket.create_connection(("127.0.0.1", int(hub_port)))
            except OSError:
                client.close()
                continue
            for one in (client, hub):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for arguments in ((client, hub, fault, True), (hub, client, fault, False)):
                threading.Thread(target=pump, args=arguments, daemon=True).start()


main()
