"""A process of its own that starts the embedded server of a folder, says its URL, and waits to be ended."""

import sys
from pathlib import Path

from data.embedded import EmbeddedPostgres

if __name__ == "__main__":
    server = EmbeddedPostgres(Path(sys.argv[1]), durable=len(sys.argv) > 2)
    sys.stdout.write(server.start() + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()
