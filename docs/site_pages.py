"""Hook of mkdocs: makes pages of what lies outside docs/, and lets links to files of the repository work on the site.

README, CONTRIBUTING, CHANGELOG, the reports and the examples are written for the repository, where relative links lead
to files. On the site, such a link leads to the page of the file, or to the API page of a module; where the site has
neither, the text stays without the link.
"""

import ast
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples/index.md",
    "robots/models/README.md": "robots/models/README.md",
    "results/reference/report.md": "results/reference/report.md",
    "results/tuning/report.md": "results/tuning/report.md",
}
"""File of the repository to page of the site."""
IMAGES = ("results/reference/figures/*.png", "results/tuning/figures/*.png")
API = {
    "robots/__init__.py": "api/arms.md",
    "emssl_bench/exceptions.py": "api/errors.md",
    "emssl_bench/envs/": "api/environments.md",
    "emssl_bench/experiments/": "api/experiments.md",
    "emssl_bench/forward/": "api/arms.md",
    "emssl_bench/methods/": "api/methods.md",
    "emssl_bench/records/": "api/records.md",
    "emssl_bench/solvers/": "api/solvers.md",
    "baselines/": "api/methods.md",
}
"""Files, or folders of files, to the page that describes them."""
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<path>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Adds the pages and images that lie outside docs/, and the colours of code."""
    for path, page in PAGES.items():
        files.append(File.generated(config, page, content=_linked((ROOT / path).read_text(), path, page)))
    for path in (image for pattern in IMAGES for image in ROOT.glob(pattern)):
        files.append(File.generated(config, str(path.relative_to(ROOT)), abs_src_path=str(path)))
    colours = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    files.append(File.generated(config, "assets/code.css", content=colours))
    for path in sorted((ROOT / "examples").glob("*.py")):
        files.append(File.generated(config, f"examples/{path.stem}.md", content=_example(path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Lets the links of a page that lies in docs/ lead to pages."""
    source = page.file.src_uri
    return markdown if page.file.generated_by else _linked(markdown, f"docs/{source}", source)


def _linked(text: str, path: str, page: str) -> str:
    """The text with links that are right on the site.

    Args:
        text: Markdown.
        path: where it lies in the repository.
        page: the page that it becomes.
    """

    def there(link: re.Match[str]) -> str:
        if "://" in link["path"] or not link["path"]:
            return link[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link["path"]))
        place = _place(target)
        if place is None:
            return link["text"]
        relative = posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"{link['image']}[{link['text']}]({relative}{link['anchor'] or ''})"

    return LINK.sub(there, text)


def _place(target: str) -> str | None:
    """Where a file of the repository is on the site; None where it is not."""
    if target in PAGES:
        return PAGES[target]
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    if target == "examples":
        return "examples/index.md"
    if re.match(r"examples/\w+\.py$", target):
        return f"{target.removesuffix('.py')}.md"
    if target.startswith("results/") and target.endswith(".png"):
        return target
    return next((page for start, page in API.items() if f"{target}/".startswith(start)), None)


def _example(path: Path) -> str:
    text = path.read_text()
    title, _, rest = (ast.get_docstring(ast.parse(text)) or "").partition("\n")
    code = text.split('"""\n', 2)[-1].strip()
    return f"# {path.stem.replace('_', ' ')}\n\n{title}\n{rest}\n\n```python\n{code}\n```\n"
