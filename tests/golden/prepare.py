"""The process that builds the world in a data folder: `python -m golden.prepare FOLDER`."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from golden import fixed
from golden.django_ready import set_up


def main() -> None:
    """Build, and leave `world.json` beside the database."""
    folder = Path(sys.argv[1])
    settings = set_up(folder)

    from django.db import connections

    from golden import database
    from golden.world import build
    from mailflatrate.entrypoints.cli.setup import bring_up_to_date
    from mailflatrate.settings.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder)
    with server.owned():
        bring_up_to_date(settings)
        connections.close_all()
        database.fix(server.url, fixed.CLOCK.started)
        world = build(server.url)
        connections.close_all()
        database.stop(server.url, fixed.END)
        (folder / "world.json").write_text(json.dumps(asdict(world), indent=1))


if __name__ == "__main__":
    main()
    os._exit(0)
