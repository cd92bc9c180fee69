"""The pages that people read: links lead somewhere, commands are commands, sentences are short."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import emssl_bench
from emssl_bench import cli

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / page for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / page for page in ("examples/README.md", "robots/models/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""Pages on what is, not on what was."""
MOST_WORDS = 40
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|\.\.\.|<")
"""NAME, COMMAND, <digest>, ...: such a command shows a form."""


def name(page):
    return str(page.relative_to(ROOT))


def prose(page):
    """A page's text without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_its_heading(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def commands(page):
    """Every command of a page, in blocks and in the text."""
    text = page.read_text()
    blocks = "\n".join(re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL))
    lines = [part.strip() for line in blocks.splitlines() for part in line.split(" && ")]
    found = [*lines, *re.findall(r"`(emssl-bench [^`]+)`", prose(page))]
    return [line for line in found if line.startswith("emssl-bench ") and not PLACEHOLDER.search(line.split(" #")[0])]


@pytest.mark.parametrize("page", CURRENT, ids=name)
def test_every_command_is_one_that_the_command_line_takes(page):
    for command in commands(page):
        arguments = shlex.split(command, comments=True)[1:]
        if "--help" not in arguments:
            cli.parser().parse_args(arguments)


def test_there_are_commands_to_test():
    assert sum(len(commands(page)) for page in CURRENT) > 40


@pytest.mark.parametrize("page", CURRENT, ids=name)
def test_no_sentence_is_over_40_words(page):
    for line in prose(page).splitlines():
        for cell in line.strip("|").split("|") if line.startswith("|") else [line]:
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z*`(\[])", re.sub(r"\]\([^)]*\)", "", cell)):
                assert len(sentence.split()) <= MOST_WORDS, sentence


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 160


def test_the_python_of_the_page_on_use_runs(monkeypatch, tmp_path):
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "usage.md").read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(block.replace("num_envs=4096", "num_envs=4"), names)
    assert names["image"].ndim == 3
    assert names["reward"] < 0
    names["env"].close()
    names["arms"].close()
    names["posing"].close()


def test_every_page_is_on_the_site_and_every_exported_name_in_the_reference():
    site = (ROOT / "mkdocs.yml").read_text()
    for page in sorted((ROOT / "docs").rglob("*.md")):
        assert str(page.relative_to(ROOT / "docs")) in site
    listed = (ROOT / "examples" / "README.md").read_text()
    for example in sorted((ROOT / "examples").glob("*.py")):
        assert f"examples/{example.stem}.md" in site
        assert f"[{example.name}]({example.name})" in listed
    described = "".join(page.read_text() for page in (ROOT / "docs" / "api").glob("*.md"))
    for exported in emssl_bench.__all__:
        found = getattr(emssl_bench, exported)
        assert f"::: {found.__module__}.{exported}\n" in described


def test_the_packages_are_typed_also_when_they_are_installed():
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for package in ("emssl_bench", "baselines", "robots"):
        assert (ROOT / package / "py.typed").is_file()
        assert "py.typed" in packaged[package]


def test_ruff_has_one_version_for_commits_and_tests():
    pinned = re.search(r"^ruff==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    assert f"rev: v{pinned[1]} " in (ROOT / ".pre-commit-config.yaml").read_text()
