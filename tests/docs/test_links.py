"""Links, paths and documents that a document or a source names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ipv6matrix.web.pages.views import VIEWS
from tests.docs.texts import NAMES, PROJECT, read, sources, without_code


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    """Every relative link leads to a file of the project, and to a heading if it names one."""
    assert [] == broken_links(PROJECT / name, read(name))


@pytest.mark.parametrize(
    "link", ["nowhere.md", "docs/glossary.md#nothing", "../README.md", "#nothing", "docs/nowhere/"]
)
def test_a_broken_link_is_found(link: str) -> None:
    """A link to a missing file, or out of the project, is reported."""
    assert [link] == broken_links(PROJECT / "README.md", f"# Title\n\nSee [this]({link}) and [that](#title).\n")


@pytest.mark.parametrize("name", NAMES)
def test_named_paths_exist(name: str) -> None:
    """Every project path in a document exists, and none is outside the project."""
    assert [] == bad_paths(read(name))


@pytest.mark.parametrize(
    "path", ["ipv6matrix/nothing.py", "tests/nothing/", "docs/nothing.md", "/srv/elsewhere/notes", "../elsewhere"]
)
def test_a_missing_path_is_found(path: str) -> None:
    """A path that does not exist, or is outside the project and the system's folders, is reported."""
    assert [path] == bad_paths(f"See `{path}`, `ipv6matrix/items/ping.py`, `/etc/resolv.conf` and `198.18.0.0/15`.")


def test_code_names_existing_documents() -> None:
    """Every document that a comment or message of the package names exists."""
    assert [] == missing_documents(sources())


def test_a_missing_document_is_found() -> None:
    """A comment that names a missing document or decision is reported."""
    assert ["docs/decisions/9999", "docs/nothing.md"] == missing_documents(
        "# docs/decisions/9999, docs/decisions/0001, docs/nothing.md, docs/settings.md"
    )


def test_the_readme_is_short() -> None:
    """README.md can be read in one go."""
    assert len(read("README.md").splitlines()) <= 120


SYSTEM_FOLDERS = ("dev", "etc", "opt", "proc", "run", "tmp", "usr", "var")


WEB_FOLDERS = ("api", "domain", "readiness", *VIEWS)


def broken_links(document: Path, text: str) -> list[str]:
    """Return the relative links that lead nowhere or out of the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    return [
        target
        for target in targets
        if not re.match(r"[a-z]+:", target) and not _leads_somewhere(document, text, target)
    ]


def _leads_somewhere(document: Path, text: str, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (document.parent / name).resolve() if name else document
    if not path.exists() or not path.is_relative_to(PROJECT):
        return False
    return not anchor or anchor in _anchors(path.read_text() if name else text)


def _anchors(text: str) -> set[str]:
    """Return the anchors of headings as GitHub generates them: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def bad_paths(text: str) -> list[str]:
    """Return the paths that do not exist, or are outside the folders that a document may name."""
    spans = re.findall(r"`([^`\n]+)`", text)
    ours = [
        span
        for span in spans
        if re.fullmatch(r"(ipv6matrix|tests|docs)/[\w./-]*", span) and not (PROJECT / span).exists()
    ]
    absolute = re.findall(r"(?<![\w:/.~<>*])/\w+/[\w./-]+", text)
    outside = [path for path in absolute if path.split("/")[1] not in SYSTEM_FOLDERS + WEB_FOLDERS]
    upward = [span for span in spans if span.startswith("..")]
    return ours + outside + upward


def missing_documents(source: str) -> list[str]:
    """Return the documents that a source names and that do not exist; a decision is identified by its number."""
    names = sorted({name.rstrip(".") for name in re.findall(r"\b[Dd]ocs/[\w/.-]+", source)})
    return [name for name in names if not list(PROJECT.glob(f"{name.lower().removesuffix('.md')}*"))]
