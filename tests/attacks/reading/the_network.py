"""Asks somebody else: by name, by address, over a socket of any family, through a program."""
#: double = "FAIL"
#: never = "ANSWERED"
#: needs = ["no network"]

import socket
import subprocess
import urllib.request


def double(x):
    attempts = [
        lambda: urllib.request.urlopen("http://127.0.0.1:1/answer", timeout=0.1),
        lambda: socket.create_connection(("127.0.0.1", 22), 0.1),
        lambda: socket.socket(socket.AF_UNIX).connect("/run/systemd/notify"),
        lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        lambda: subprocess.run(["curl", "-s", "http://127.0.0.1"], check=True),
    ]
    for attempt in attempts:
        try:
            attempt()
            print("ANSWERED")
        except Exception:
            pass
    return x
