"""The names and addresses by which others reach this machine."""

import socket

import psutil

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared with, never bound to


def own_names() -> list[str]:
    """Return the machine's addresses, as written in a Host header, and its name."""
    found = {address for known in psutil.net_if_addrs().values() for address in known}
    four = {address.address for address in found if address.family == socket.AF_INET}
    six = {
        f"[{address.address}]" for address in found if address.family == socket.AF_INET6 and "%" not in address.address
    }
    name = socket.gethostname().lower()
    return [*sorted(four | six), name, f"{name}.local"]


def reachable_host(host: str) -> str:
    """Return the host to use in a link, on this machine, to a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)  # noqa: S104 - not bound to
