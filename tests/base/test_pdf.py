"""What a page on paper may fetch: our own static files, and nothing else."""

import http.server
import threading
from pathlib import Path

import pytest
from django.conf import settings

from mailflatrate.base.pdf import html_to_pdf


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_page_reads_no_file_and_no_address_of_its_choice(tmp_path: Path) -> None:
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    secret = tmp_path / "secret.txt"
    secret.write_text("the installation's secret")
    with http.server.HTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        outside = f"http://127.0.0.1:{server.server_port}"
        escape = f"file://{settings.STATIC_ROOT}/../../{secret.name}"
        page = (
            f'<link rel="stylesheet" href="{outside}/a.css">'
            f'<img src="{outside}/b.png"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">'
            f'<link rel="attachment" href="{secret.as_uri()}"><link rel="attachment" href="{escape}">Hello'
        )
        made = html_to_pdf(page, variant=None)
        server.shutdown()
    assert made.startswith(b"%PDF-")
    assert asked == []
    assert b"/EmbeddedFile" not in made
