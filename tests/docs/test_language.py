"""Documents, docstrings, messages and names of variables use plain English: none of the words that were replaced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.texts import PROJECT

PACKAGES = ("ipv6matrix", "simnet", "benchmarks", "tools", "tests")

# Files and folders that the guard skips until they are rewritten, relative to the project.
ALLOWED = ()

# A variable has the noun of its value as its name.
REJECTED_NAMES = frozenset({"found", "kept", "one", "said", "there", "told"})

# A docstring begins with Return, Yield, Parse, Read, Write, Raise, Check ...
OPENINGS = re.compile(r"(?:Gives?|Tells?|Says?|Make of)\b")

# Between words there may be a line end. Identifiers such as SECOND_PASS and second_pass do not match.
PHRASES = {
    "alike": r"alike",
    "asked once more": r"ask(?:s|ed)? once more",
    "beside": r"beside",
    "is no": r"(?<!there )is no (?!better|less|longer|more)",
    "makes no sense": r"makes? no sense",
    "meanwhile": r"meanwhile",
    "mend": r"mend(?:s|ed|ing)?",
    "nobody": r"nobody",
    "of ours": r"of ours",
    "second pass": r"second pass",
    "somebody": r"somebody",
    "whoever": r"whoever|whomever",
}
_PATTERNS = {
    name: re.compile(rf"\b(?:{phrase})\b".replace(" ", r"\s+").replace(r"there\s+", "there "), re.IGNORECASE)
    for name, phrase in PHRASES.items()
}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_docstrings_begin_with_a_verb_of_the_style() -> None:
    """No docstring begins with Give, Tell, Say or Make of."""
    files = [file for package in PACKAGES for file in _sources(package, ALLOWED)]

    assert [] == [complaint for file in files for complaint in docstring_complaints(_name(file), file.read_text())]


def test_docstrings_are_plain_english() -> None:
    """No docstring contains a rejected phrase."""
    files = [file for package in PACKAGES for file in _sources(package, ALLOWED)]

    assert [] == [complaint for file in files for complaint in docstring_phrases(_name(file), file.read_text())]


def test_messages_are_plain_english() -> None:
    """No string literal of the package contains a rejected phrase."""
    files = _sources("ipv6matrix", ALLOWED)

    assert [] == [complaint for file in files for complaint in message_complaints(_name(file), file.read_text())]


def test_documents_are_plain_english() -> None:
    """No document contains a rejected phrase."""
    names = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/*.md", "docs/decisions/*.md")
    files = [file for name in names for file in sorted(PROJECT.glob(name))]

    assert [] == [complaint for file in files for complaint in phrase_complaints(_name(file), file.read_text())]


def test_variables_have_nouns_as_names() -> None:
    """No variable or parameter has a rejected name."""
    files = [file for package in PACKAGES for file in _sources(package, ALLOWED)]

    assert [] == [complaint for file in files for complaint in name_complaints(_name(file), file.read_text())]


def test_allowances_exist() -> None:
    """Every path that the guard skips is a file or folder of the project."""
    assert [] == [path for path in ALLOWED if not (PROJECT / path).exists()]


@pytest.mark.parametrize("opening", ["Give the", "Gives the", "Tell whether", "Tells whether", "Say what", "Make of"])
def test_a_rejected_opening_is_found(opening: str) -> None:
    """A rejected opening is a complaint in a function, a method, a class and a module."""
    docstring = f'"""{opening} something."""'
    source = f"{docstring}\nclass A:\n    {docstring}\n    async def b(self):\n        {docstring}\n"

    assert [1, 3, 5] == [int(line.split(":")[1]) for line in docstring_complaints("a.py", source)]


def test_other_openings_are_no_fault() -> None:
    """A verb of the style, a word that only begins like a rejected one, and other strings are allowed."""
    source = 'def a():\n    """Return the sayings."""\n    "Give"\n\n\nclass B:\n    """Givens of a crawl."""\n'

    assert [] == docstring_complaints("a.py", source)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("PING_COUNT='0' makes no sense", "makes no sense"),
        ("'ftp:/' is no URL", "is no"),
        ("Mend the list", "mend"),
        ("whoever reads it", "whoever"),
        ("nobody runs it", "nobody"),
        ("Somebody reads it", "somebody"),
        ("is asked once\nmore", "asked once more"),
        ("in the second\npass", "second pass"),
        ("written beside it", "beside"),
        ("meanwhile", "meanwhile"),
    ],
)
def test_a_rejected_phrase_is_found(text: str, phrase: str) -> None:
    """A rejected phrase is a complaint, in any case and across a line end, with the number of its line."""
    assert [f"a.md:2: {phrase}"] == phrase_complaints("a.md", f"# Title\n{text}")


@pytest.mark.parametrize(
    "text", ["SECOND_PASS", "`second_pass`", "0014-second-pass.md", "there is no list", "recommended", "besides"]
)
def test_other_phrases_are_no_fault(text: str) -> None:
    """Settings, tables, names of files and similar words are allowed."""
    assert [] == phrase_complaints("a.md", text)


def test_a_rejected_phrase_in_a_docstring_is_found() -> None:
    """A rejected phrase in a docstring is a complaint; the same phrase in a comment or a message is not."""
    source = '"""Nobody."""\n# nobody\na = "nobody"\n\ndef b():\n    """Return\n    what nobody reads."""\n'

    assert ["a.py:1: nobody", "a.py:6: nobody"] == docstring_phrases("a.py", source)


def test_messages_are_literals_and_not_docstrings() -> None:
    """Plain and formatted strings are searched; docstrings, comments and names are not."""
    source = (
        '"""Nobody."""\n\n# nobody\nnobody = 1\na = f"{nobody} makes no {a}"\nb = f"for nobody: {a}"\nc = "mend it"\n'
    )

    assert ["a.py:6: nobody", "a.py:7: mend"] == message_complaints("a.py", source)


@pytest.mark.parametrize("name", sorted(REJECTED_NAMES))
@pytest.mark.parametrize(
    "source",
    [
        "{} = 1",
        "{}: int",
        "for a, {} in b: pass",
        "a = [{} for {} in b]",
        "if {} := a: pass",
        "with a as {}: pass",
        "def a(*, {}): pass",
        "a = lambda {}: 1",
    ],
)
def test_a_rejected_name_is_found(source: str, name: str) -> None:
    """A rejected name is a complaint wherever a variable or parameter gets it."""
    assert [f"a.py:1: {name}"] == name_complaints("a.py", source.replace("{}", name))


@pytest.mark.parametrize("source", ["rows = found", "a.found = 1", "a(found=1)", "found_at = 1", "def found(): pass"])
def test_other_names_are_no_fault(source: str) -> None:
    """Uses of a name, attributes, arguments, functions and longer names are allowed."""
    assert [] == name_complaints("a.py", source)


def docstring_complaints(name: str, source: str) -> list[str]:
    """Return the docstrings with a rejected opening, as file, line and first words."""
    return [f"{name}:{line}: {text.splitlines()[0][:60]}" for line, text in parsed(source)[0] if OPENINGS.match(text)]


def docstring_phrases(name: str, source: str) -> list[str]:
    """Return the rejected phrases in docstrings, as file, line of the docstring, and phrase."""
    return [
        f"{name}:{line}: {phrase}"
        for line, text in parsed(source)[0]
        for phrase, pattern in _PATTERNS.items()
        if pattern.search(text)
    ]


def message_complaints(name: str, source: str) -> list[str]:
    """Return the rejected phrases in string literals, as file, line and phrase."""
    return [
        f"{name}:{line}: {phrase}"
        for line, text in _literals(ast.parse(source))
        for phrase, pattern in _PATTERNS.items()
        if pattern.search(text)
    ]


def name_complaints(name: str, source: str) -> list[str]:
    """Return the variables and parameters with a rejected name, as file, line and name."""
    return [f"{name}:{line}: {variable}" for line, variable in parsed(source)[1] if variable in REJECTED_NAMES]


def phrase_complaints(name: str, text: str) -> list[str]:
    """Return the rejected phrases in a text, as file, line and phrase."""
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {phrase}"
        for phrase, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
    ]


@cache
def parsed(source: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the docstrings and the names of variables in a source, each with its line."""
    nodes = list(ast.walk(ast.parse(source)))
    return list(_docstrings(nodes)), list(_variables(nodes))


def _docstrings(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring."""
    for node in nodes:
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string that is not a docstring; a formatted string without its values."""
    if isinstance(tree, ast.JoinedStr):
        parts = [part.value for part in tree.values if isinstance(part, ast.Constant)]
        yield tree.lineno, "{}".join(map(str, parts))
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.lineno, tree.value
    else:
        for child in ast.iter_child_nodes(tree):
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
                yield from _literals(child)


def _variables(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and name of each variable where it gets a value, and of each parameter."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def _sources(folder: str, allowed: tuple[str, ...]) -> list[Path]:
    return [file for file in sorted((PROJECT / folder).rglob("*.py")) if not _is_in(file, allowed)]


def _is_in(file: Path, allowed: tuple[str, ...]) -> bool:
    return any(file.is_relative_to(PROJECT / path) for path in allowed)


def _name(file: Path) -> str:
    return str(file.relative_to(PROJECT))
