"""Pages looked at in a headless browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium on PATH: the page is not looked at in a browser"
)


class Seen(NamedTuple):
    """Widths in pixels, how many headings, and what the browser complained of."""

    width: int
    needed: int
    headings: int
    complaints: list[str]


def seen_at(width: int, folder: Path, page: str = "report.html") -> Seen:
    """A page of a folder, in a frame of so many pixels."""
    (folder / "frame.html").write_text(
        f"<iframe id=f src={page} style='width:{width}px;height:800px;border:0'></iframe><script>onload = () => {{"
        "const page = f.contentDocument.documentElement;"
        "document.title = `${page.clientWidth} ${page.scrollWidth} ${f.contentDocument.querySelectorAll('h2').length}`"
        "}</script>"
    )
    answer = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=5000",
            f"--user-data-dir={folder / 'profile'}", "--dump-dom", (folder / "frame.html").as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    title = re.search(r"<title>(\d+) (\d+) (\d+)</title>", answer.stdout)
    assert title is not None, answer.stderr[-2000:]
    return Seen(*map(int, title.groups()), [line for line in answer.stderr.splitlines() if "CONSOLE" in line])
