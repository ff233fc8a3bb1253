"""Memory that no limit on memory counts: thousands of pipes and sockets, each filled to the brim."""
#: double = "FAIL, ERROR"
#: never = "THOUSANDS"

import os
import socket


def double(x):
    kept = []
    try:
        while len(kept) < 2000:
            pair = socket.socketpair()
            pair[0].setblocking(False)
            kept.append((pair, os.pipe()))
            try:
                while True:
                    pair[0].send(b"x" * 65536)
            except BlockingIOError:
                pass
        print("THOUSANDS")
    except OSError:
        pass
    return x
