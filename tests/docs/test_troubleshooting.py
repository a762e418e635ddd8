"""
docs/troubleshooting.md quotes every sentence that the package can say to an operator, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest

from tests.docs import sentences
from tests.docs.texts import PROJECT, read, rows

DOCUMENT = "docs/troubleshooting.md"
# What Scrapy and the shell say.
FOREIGN = {"Unknown command: …; no active project", "scrapy: command not found", "Dropped: …"}
# What the package puts together of several texts.
ASSEMBLED = {"… is no setting: …", "… is no argument of the spider: …"}
# Bugs, or told to a program: nobody who runs the project meets them.
INNER = {
    "told to stop reading …",
    "There is no read model yet",
    "nothing became free in … s",
    "the queue is full",
    "a query took longer than … s",
    "a query needs more memory than all queries may take",
}


def test_every_sentence_has_an_entry() -> None:
    """
    Each error, warning and refusal of the package is found in the document.
    """
    assert [] == missing_entries(read(DOCUMENT), _told())


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("| JOBDIR … is in use by", "| JOBDIR … is taken by", "JOBDIR … is in use by another crawl"),
        ("| no CONTACT |", "| nobody |", "no CONTACT: say who answers"),
    ],
)
def test_a_missing_entry_is_found(old: str, new: str, missing: str) -> None:
    """
    A sentence that the document has no longer is a complaint.
    """
    text = read(DOCUMENT).replace(" <br> ", " |\n| ")
    assert old in text

    assert [missing] == [one[: len(missing)] for one in missing_entries(text.replace(old, new), _told())]


def test_dots_alone_stand_for_nothing_else() -> None:
    """
    An entry without words of its own is that of its like, and not the beginning of every sentence.
    """
    table = "| sentence | meaning |\n| --- | --- |\n| …: … | Something. |\n"

    assert ["…: no such file"] == missing_entries(table, ["…: …", "…: no such file"])


def test_no_sentence_is_made_up() -> None:
    """
    Each quoted sentence is one that the package, the set-up or the simulated Internet can say.
    """
    assert [] == misquotations(read(DOCUMENT), _quotable())


def test_a_misquotation_is_found() -> None:
    """
    An entry that nobody says is a complaint.
    """
    text = read(DOCUMENT)
    assert "is in use by another crawl" in text

    assert ["JOBDIR … is used by another crawl (process …)"] == misquotations(
        text.replace("is in use by another crawl", "is used by another crawl"), _quotable()
    )


def test_sentences_are_read_from_the_source() -> None:
    """
    Literal, put together, kept under a name, chosen by a condition, or formatted as a log does.
    """
    source = (
        "SAY = 'it is %s'\n"
        "def f():\n"
        "    sentence = f'no {x}: mend it'\n"
        "    raise ExportError(f'a {x}{y} is' ' gone' if z else 'b is gone')\n"
        "    logger.error(sentence)\n"
        "    logger.warning(SAY, x)\n"
        "    self._stop('stop there')\n"
        "    raise ValueError('inner words')\n"
        "    return 'what is returned'\n"
    )

    assert ["a … is gone", "b is gone", "no …: mend it", "it is …", "stop there"] == list(sentences.told(source))
    assert "what is returned" in sentences.told(source, returns=True)


# --- the guards ---


def missing_entries(text: str, told: Iterable[str]) -> list[str]:
    """Give the sentences that no entry quotes from their beginning."""
    quoted = entries(text)
    return [sentence for sentence in told if not any(_quotes(entry, sentence) for entry in quoted)]


def misquotations(text: str, quotable: Iterable[str]) -> list[str]:
    """Give the entries that are the beginning of nothing that is said."""
    said = list(quotable)
    return [entry for entry in entries(text) if not any(_quotes(entry, one) for one in said)]


def _quotes(entry: str, sentence: str) -> bool:
    beginning = entry.removesuffix("…")
    # Dots alone would be the beginning of everything.
    return sentence.startswith(beginning) if re.search(r"\w{2}", beginning) else sentence == entry


def entries(text: str) -> list[str]:
    """Give the quoted sentences: the first cells of tables that are headed so."""
    found = []
    for table in re.findall(r"^\| sentence \|.*\n\|[- |]+\n((?:\|.*\n)+)", text, re.MULTILINE):
        found += [sentence for cells in rows(table) for sentence in cells[0].split(" <br> ")]
    return found


# --- what is there ---


@cache
def _told() -> list[str]:
    files = sorted((PROJECT / "ipv6matrix").rglob("*.py"))
    said = {
        sentence
        for file in files
        for sentence in sentences.told(file.read_text(), returns=str(file).endswith(sentences.RETURNING))
    }
    return sorted(said - INNER)


@cache
def _quotable() -> list[str]:
    files = [*(PROJECT / "ipv6matrix").rglob("*.py"), *(PROJECT / "tests/internet").rglob("*.py")]
    said = {text for file in files for text in sentences.quotable(file.read_text())}
    script = read("tests/system-packages.sh")
    return [*said, *FOREIGN, *ASSEMBLED, *re.sub(r"\$\w+", " …", script).split('"')]
