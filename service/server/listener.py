"""Opens the one socket that the service listens on."""

import resource
import socket

from service.limits import OTHER_FILES
from service.settings import Settings, SettingsError

BACKLOG = 4096
"""Connections that wait to be accepted; the kernel may have a lower limit."""
_RECEIVE_BUFFER_BYTES = 32 * 1024
"""Bounds what a connection's first read brings, before the application has asked for a body."""
_SEND_BUFFER_BYTES = 64 * 1024
"""Bounds what the kernel holds of an unread response, which counts towards the same memory."""


def open_listener(settings: Settings) -> socket.socket:
    """A listening socket that child processes inherit.

    Raises:
        SettingsError: the server cannot listen there, or may not open as many connections.
    """
    _raise_file_limit(settings.limits.max_connections + OTHER_FILES)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        address = f"{settings.host}:{settings.port}"
        raise SettingsError(
            f"PORT: cannot listen on {address}: {error.strerror}; set PORT to another"
        ) from error
    listener.set_inheritable(True)
    return listener


def _raise_file_limit(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise SettingsError(
                f"EMOTION_MAX_CONNECTIONS: needs {needed} open files, and this process may have"
                f" {hard}; lower it, or raise the limit (ulimit -n)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
