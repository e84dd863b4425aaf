"""Asks the service of this machine whether it is ready: `python -m deploy.healthy`, the health check of a container.

Ends with 0 when `/api/ready` answers 200, else with 1. Port and host name are those of the settings: a service that
answers to some host names alone would refuse 127.0.0.1.
"""

from __future__ import annotations

import http.client
import sys

from core.settings import Settings, load_settings

_PATIENCE = 2.5  # seconds


def ready(settings: Settings) -> bool:
    named = [host for host in settings.allowed_hosts if "*" not in host]
    line = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=_PATIENCE)
    try:
        line.request("GET", "/api/ready", headers={"Host": named[0]} if named else {})
        return line.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(0 if ready(load_settings()) else 1)
