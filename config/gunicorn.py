"""How gunicorn serves Attest, in the demo and in production. Its command line names the address."""

import gc

from config.env import env_int

worker_class = "gthread"
workers = env_int("WEB_CONCURRENCY", default=2, low=1, high=64)
threads = 4
# Loaded once and shared by the processes: half the start and half the memory.
preload_app = True
graceful_timeout = 10
loglevel = "warning"
# Nothing asks it, and a container's file system is read-only.
control_socket_disable = True


def when_ready(_server: object) -> None:
    """Keep what is loaded for good out of what Python looks through for garbage, in every process."""
    gc.collect()
    gc.freeze()
