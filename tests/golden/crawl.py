"""The process that asks for a share of all addresses: `python -m golden.crawl FOLDER SHARE SHARES ONLY`."""

import json
import os
import sys
from pathlib import Path

from golden import fixed
from golden.django_ready import set_up


def main() -> None:
    """Ask, and leave the answers in `answers.json` beside the database."""
    folder, share, shares, only = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    set_up(folder)
    fixed.CLOCK.stop()

    from django.db import connections

    from golden.asking import Crawl
    from mailflatrate.settings.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder)
    with server.owned():
        crawl = Crawl(json.loads((folder / "world.json").read_text()), server.url)
        (folder / "answers.json").write_text(json.dumps(crawl.run(share, shares, only), ensure_ascii=False))
        connections.close_all()


if __name__ == "__main__":
    main()
    os._exit(0)
