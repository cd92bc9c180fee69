"""Draws docs/images/page.png and page_phone.png: the report page of results/reference, at a desk and on a phone.

Needs playwright and Chromium: `python docs/images/make_pages.py`, with Chromium's path in CHROMIUM where it is not
called chromium.
"""

import io
import os
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "results" / "reference" / "report.html"
VIEWS = {"page.png": (1280, 1560, "light", "body"), "page_phone.png": (390, 844, "dark", "#curves")}


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (width, height, scheme, part) in VIEWS.items():
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(PAGE.as_uri())
            page.wait_for_selector("html[data-ready]", state="attached")
            page.locator(part).evaluate("element => element.scrollIntoView({behavior: 'instant'})")
            with Image.open(io.BytesIO(page.screenshot())) as picture:
                small = picture.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
                small.save(HERE / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
