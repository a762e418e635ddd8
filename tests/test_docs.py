"""
The documentation says what is there, all of it and nothing else.

Each guard is a function that takes a text and the facts, and gives a list of
complaints; a second test shows it a text with a fault.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from scrapy.settings import BaseSettings, default_settings

from ipv6matrix import items, options, policy, questions, settings
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.plan import FEATURES, METRICS
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.spiders.matrix import MatrixSpider
from ipv6matrix.store.database import Store
from tests.internet import topology
from tests.internet.behaviours import BEHAVIOURS, Gone, Mail
from tests.internet.blocks import BLOCKS, Reverse
from tests.internet.zones import Fault

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(PROJECT)) for path in DOCUMENTS]
# Folders of the machine that a document may name.
SYSTEM_FOLDERS = ("dev", "etc", "opt", "proc", "run", "tmp", "usr", "var")
# Where paths of the web server begin.
WEB_FOLDERS = ("api", "domain")


# --- settings ---


def test_settings_are_documented_as_they_are() -> None:
    """
    docs/settings.md has every setting of ours, with its default and its range.
    """
    assert [] == setting_complaints(_read("docs/settings.md"), _defaults())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("| `PING_COUNT` | `5` |", "| `PING_COUNT` | `6` |", "PING_COUNT: the default is 5, not 6"),
        ("| `PING_COUNT` |", "| `PING_NUMBER` |", "PING_NUMBER: no such setting"),
        ("| `PING_COUNT` |", "| PING_COUNT |", "PING_COUNT: not documented"),
        (
            "| 1 to 100 Echo Requests |",
            "| 1 to 99 Echo Requests |",
            "PING_COUNT: 100 and 1 to 99 Echo Requests disagree",
        ),
    ],
)
def test_a_wrong_setting_is_found(old: str, new: str, complaint: str) -> None:
    """
    A default, a range or a name that is not the real one is a complaint.
    """
    text = _read("docs/settings.md")
    assert old in text

    assert complaint in setting_complaints(text.replace(old, new), _defaults())


@pytest.mark.parametrize("name", NAMES)
def test_commands_set_what_exists(name: str) -> None:
    """
    Every -s NAME= of a document is a setting of ours or of Scrapy.
    """
    assert [] == unknown_options(_read(name))


def test_an_unknown_option_is_found() -> None:
    """
    A command that sets what nobody reads is a complaint.
    """
    assert ["PING_NUMBER"] == unknown_options("scrapy crawl matrix -s PING_NUMBER=3 -s PING_COUNT=3 -s LOG_FILE=x")


# --- tables and views ---


def test_tables_are_documented_column_by_column(store: Store) -> None:
    """
    docs/observations.md has every table and view, with its columns, their types and what may be NULL.
    """
    assert [] == schema_complaints(_read("docs/observations.md"), store)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### Table `hops`", "### Table `hopps`", "table hopps: no such table or view"),
        (
            "| `reached_ttl` | INTEGER |",
            "| `reached_ttl` | TEXT |",
            "traces.reached_ttl: documented as TEXT, is INTEGER",
        ),
        ("| `starttls` | TEXT |", "| `start_tls` | TEXT |", "smtp_sessions: columns"),
        ("### View `tracert`", "### Tracert", "view tracert: not documented"),
        ("| `mdev` |", "| `deviation` |", "ping: columns"),
    ],
)
def test_a_wrong_column_is_found(store: Store, old: str, new: str, complaint: str) -> None:
    """
    A table, view, column or type that is not the real one is a complaint.
    """
    text = _read("docs/observations.md")
    assert old in text

    assert any(one.startswith(complaint) for one in schema_complaints(text.replace(old, new), store))


def test_a_null_without_a_meaning_is_found(store: Store) -> None:
    """
    A column that may be NULL has to say what that means, and one that may not says never.
    """
    text = _read("docs/observations.md")
    faulty = re.sub(r"(\| `reached_ttl` \| INTEGER \|[^|]*\|)[^|]*\|", r"\1 never |", text, count=1)

    assert ["traces.reached_ttl: what does NULL mean?"] == schema_complaints(faulty, store)


def test_examples_of_sql_run(store: Store) -> None:
    """
    Every SQL example of every document runs on a database of ours.
    """
    assert [] == [f"{name}: {one}" for name in NAMES for one in sql_complaints(_read(name), store)]


def test_a_wrong_example_of_sql_is_found(store: Store) -> None:
    """
    An example that names a column that is not there is a complaint.
    """
    assert ["no such column: rtt"] == sql_complaints("```sql\nSELECT rtt FROM hops;\n```\n", store)


# --- items and words ---


def test_fields_are_documented() -> None:
    """
    docs/observations.md has every field of every observation and item.
    """
    assert [] == field_complaints(_read("docs/observations.md"), _classes())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### Class `Hop`", "### Class `Hopp`", "Hop: not documented"),
        ("| `rtts_ms` | tuple of numbers", "| `rtts` | tuple of numbers", "PingObservation: fields"),
    ],
)
def test_a_wrong_field_is_found(old: str, new: str, complaint: str) -> None:
    """
    A class or a field that is not the real one is a complaint.
    """
    text = _read("docs/observations.md")
    assert old in text

    assert any(one.startswith(complaint) for one in field_complaints(text.replace(old, new), _classes()))


def test_words_are_documented() -> None:
    """
    docs/observations.md has every word of every closed list.
    """
    assert [] == word_complaints(_read("docs/observations.md"), WORDS)


def test_docs_internet_has_all_that_can_be_met() -> None:
    """
    docs/internet.md has every behaviour, block, region and fault of the simulated Internet.
    """
    assert [] == word_complaints(_read("docs/internet.md"), INTERNET_WORDS)


@pytest.mark.parametrize(("old", "new"), [("| `gap_limit` |", "| `gap` |"), ("### Words: Stop", "### Stop")])
def test_a_wrong_word_is_found(old: str, new: str) -> None:
    """
    A word that is not in the list, or a list that is not there, is a complaint.
    """
    text = _read("docs/observations.md")
    assert old in text

    assert 1 == len(word_complaints(text.replace(old, new), WORDS))


# --- stats, commands, questions ---


def test_stats_are_documented() -> None:
    """
    docs/stats.md has every stat that the package sets.
    """
    assert [] == stat_complaints(_read("docs/stats.md"), _stats_of_the_package())


@pytest.mark.parametrize(
    ("old", "new"), [("| `list/known` |", "| `list/unknown` |"), ("| `stored/<item>` |", "| stored |")]
)
def test_a_wrong_stat_is_found(old: str, new: str) -> None:
    """
    A stat that is not set, or not documented, is a complaint.
    """
    text = _read("docs/stats.md")
    assert old in text

    assert stat_complaints(text.replace(old, new), _stats_of_the_package())


def test_stats_are_read_from_the_source() -> None:
    """
    Names are found whether they are literal or made; what cannot be read is an error.
    """
    assert {"a/b", "refused/*"} == set(
        stats_of("stats.inc_value('a/b')\nself._stats.set_value(f'refused/{reason}', 1)")
    )
    with pytest.raises(ValueError, match="line 1"):
        list(stats_of("stats.inc_value(name)"))


def test_sentences_of_preflight_are_those_of_the_package() -> None:
    """
    docs/operating.md quotes sentences that the package can say.
    """
    assert [] == misquotations(_read("docs/operating.md"), _sources())


def test_a_misquotation_is_found() -> None:
    """
    A sentence that the package cannot say is a complaint.
    """
    text = _read("docs/operating.md")
    assert "is in use by another crawl" in text

    assert ["is used by another crawl"] == misquotations(
        text.replace("is in use by another crawl", "is used by another crawl"), _sources()
    )


def test_commands_are_documented() -> None:
    """
    docs/commands.md has every command of ours and every argument of the spider.
    """
    assert [] == command_complaints(_read("docs/commands.md"), _commands(), _arguments())


def test_a_missing_command_is_found() -> None:
    """
    A command or argument that docs/commands.md lacks, or has too much, is a complaint.
    """
    text = _read("docs/commands.md")

    there = set(re.findall(r"^## `scrapy (\w+)", text, re.MULTILINE))
    listed, more = ", ".join(sorted(there)), ", ".join(sorted(there | {"novelty"}))

    assert [f"commands: {listed} documented, {more} there"] == command_complaints(
        text, there | {"novelty"}, _arguments()
    )
    assert ["argument novelty: not documented"] == command_complaints(text, there, {"novelty"})


@pytest.mark.parametrize("name", NAMES)
def test_make_verbs_exist(name: str) -> None:
    """
    Every `make VERB` of a document is a target of the Makefile.
    """
    assert set() == make_verbs(_read(name)) - _targets()


def test_make_verbs_are_found() -> None:
    """
    A verb counts where it stands as a command, not in a sentence.
    """
    assert {"demo", "test"} == make_verbs("Type `make demo`, and make sure.\n\n    make test\n")


def test_examples_of_questions_are_questions() -> None:
    """
    Every URL of docs/questions.md can be taken apart, and every scheme has one.
    """
    urls = _fenced(_read("docs/questions.md"), "urls")

    assert [] == bad_urls(urls)
    assert set(questions.SLOTS) == {
        questions.parse(url.split()[0]).scheme for block in urls for url in block.splitlines()
    }


def test_a_wrong_question_is_found() -> None:
    """
    A URL that asks nothing is a complaint.
    """
    assert ["tcp://192.0.2.1"] == bad_urls(["ping://192.0.2.1\ntcp://192.0.2.1\n"])


# --- every document ---


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    """
    Every relative link leads to a file of the project, and to a heading if it names one.
    """
    assert [] == broken_links(PROJECT / name, _read(name))


@pytest.mark.parametrize(
    "link", ["nowhere.md", "docs/glossary.md#nothing", "../README.md", "#nothing", "docs/nowhere/"]
)
def test_a_broken_link_is_found(link: str) -> None:
    """
    A link to what is not there, or out of the project, is a complaint.
    """
    assert [link] == broken_links(PROJECT / "README.md", f"# Title\n\nSee [this]({link}) and [that](#title).\n")


@pytest.mark.parametrize("name", NAMES)
def test_named_paths_exist(name: str) -> None:
    """
    Every path of the project that a document names is there, and none lies outside.
    """
    assert [] == bad_paths(_read(name))


@pytest.mark.parametrize(
    "path", ["ipv6matrix/nothing.py", "tests/nothing/", "docs/nothing.md", "/srv/elsewhere/notes", "../elsewhere"]
)
def test_a_path_to_nowhere_is_found(path: str) -> None:
    """
    A path that is not there, or lies outside the project and the system's folders, is a complaint.
    """
    assert [path] == bad_paths(f"See `{path}`, `ipv6matrix/items.py`, `/etc/resolv.conf` and `198.18.0.0/15`.")


def test_code_names_documents_that_exist() -> None:
    """
    Every document that a comment or message of the package names is there.
    """
    assert [] == missing_documents(_sources())


def test_a_missing_document_is_found() -> None:
    """
    A comment that names a document or decision that is not there is a complaint.
    """
    assert ["docs/decisions/9999", "docs/nothing.md"] == missing_documents(
        "# docs/decisions/9999, docs/decisions/0001, docs/nothing.md, docs/settings.md"
    )


def test_decisions_are_numbered_and_whole() -> None:
    """
    Decisions are numbered without a gap, say context, decision and consequences, and are listed.
    """
    files = sorted((PROJECT / "docs/decisions").glob("0*.md"))

    assert [] == decision_complaints({file.name: file.read_text() for file in files}, _read("docs/decisions/README.md"))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("0002-second.md", "# 0002 Second", "0002-second.md has number 2, expected 1"),
        ("0001-first.md", "# 0001 First\n\n## Context\n\n## Decision\n", "0001-first.md has no Consequences"),
        ("0001-first.md", "x\n" * 61, "0001-first.md is longer than a page"),
        ("0001-other.md", "# 0001 Other", "0001-other.md is not listed"),
    ],
)
def test_a_faulty_decision_is_found(name: str, text: str, complaint: str) -> None:
    """
    A gap in the numbers, a missing part, a long text and an unlisted file are complaints.
    """
    assert complaint in decision_complaints({name: text}, "[first](0001-first.md) [second](0002-second.md)")


def test_the_readme_is_short() -> None:
    """
    README.md is read in one go.
    """
    assert len(_read("README.md").splitlines()) <= 120


# --- the guards ---


def setting_complaints(text: str, defaults: Mapping[str, Any]) -> list[str]:
    """Compare rows `NAME`, default, range … with the real settings."""
    documented = {cells[0].strip("`"): cells for cells in _rows(text) if re.fullmatch(r"`[A-Z][A-Z0-9_]+`", cells[0])}
    complaints = [f"{name}: no such setting" for name in documented if name not in defaults]
    complaints += [f"{name}: not documented" for name in defaults if name not in documented]
    for name in set(documented) & set(defaults):
        default, described = str(defaults[name]), documented[name][1].strip("`")
        if described != (default or "empty"):
            complaints.append(f"{name}: the default is {default}, not {described}")
        complaints += _range_complaints(name, documented[name][2])
    return complaints


def _range_complaints(name: str, described: str) -> list[str]:
    limits = re.match(r"([\d.,]+) to ([\d.,]+) ", described)
    if not limits:
        return []
    low, high = (float(limit.replace(",", "")) for limit in limits.groups())
    step = 1 if name in _WHOLE else low / 10 + 0.01
    expected = {low: True, high: True, low - step: False, high + step: False}
    wrong = [value for value, right in expected.items() if _is_accepted(name, value) is not right]
    return [f"{name}: {value:g} and {described} disagree" for value in wrong]


_WHOLE = {name for name in options.CHECKS if isinstance(getattr(settings, name), int)}


def _is_accepted(name: str, value: float) -> bool:
    text = str(int(value)) if name in _WHOLE else str(value)
    return options.CHECKS[name](BaseSettings({name: text}), name) is None


def unknown_options(text: str) -> list[str]:
    """Give the names after -s that are no settings."""
    return [
        name
        for name in re.findall(r"-s ([A-Z]\w*)=(?!VALUE)", text)
        if not hasattr(settings, name) and not hasattr(default_settings, name)
    ]


def schema_complaints(text: str, store: Store) -> list[str]:
    """Compare the sections of tables and views with those of a database."""
    there = dict(store.query("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')"))
    documented = {name: (kind.lower(), body) for kind, name, body in _sections(text, r"### (Table|View) `(\w+)`")}
    complaints = [
        f"{kind} {name}: not documented" for name, kind in there.items() if documented.get(name, ("",))[0] != kind
    ]
    for name, (kind, body) in documented.items():
        if there.get(name) != kind:
            complaints.append(f"{kind} {name}: no such table or view")
        else:
            complaints += _column_complaints(name, kind, body, store.query(f"PRAGMA table_info({name})"))
    return complaints


def _column_complaints(table: str, kind: str, body: str, columns: list[tuple[Any, ...]]) -> Iterator[str]:
    rows = {cells[0].strip("`"): cells for cells in _rows(body)}
    if list(rows) != [column[1] for column in columns]:
        yield f"{table}: columns {', '.join(rows)} documented, {', '.join(column[1] for column in columns)} there"
    elif kind == "table":
        for _, name, declared, not_null, _, key in columns:
            described, null = rows[name][1], rows[name][3]
            if described != declared:
                yield f"{table}.{name}: documented as {described}, is {declared}"
            if (null == "never") is not bool(not_null or key) or not null:
                yield f"{table}.{name}: what does NULL mean?"


def sql_complaints(text: str, store: Store) -> list[str]:
    """Run each SQL example and give the errors."""
    complaints = []
    for example in _fenced(text, "sql"):
        try:
            store.query(example)
        except sqlite3.Error as error:
            complaints.append(str(error))
    return complaints


def field_complaints(text: str, classes: Mapping[str, list[str]]) -> list[str]:
    """Compare the sections of classes with their fields."""
    documented = {
        name: [cells[0].strip("`") for cells in _rows(body)] for name, body in _sections(text, r"### Class `(\w+)`")
    }
    complaints = [f"{name}: not documented" for name in classes if name not in documented]
    complaints += [f"{name}: no such class" for name in documented if name not in classes]
    for name in set(classes) & set(documented):
        if documented[name] != classes[name]:
            complaints.append(
                f"{name}: fields {', '.join(documented[name])} documented, {', '.join(classes[name])} there"
            )
    return complaints


def word_complaints(text: str, lists: Mapping[str, Iterable[str]]) -> list[str]:
    """Compare the sections of closed lists with their words."""
    documented = {
        name: {cells[0].strip("`") for cells in _rows(body)} for name, body in _sections(text, r"### Words: ([\w -]+)")
    }
    complaints = []
    for name, words in lists.items():
        missing, extra = set(words) - documented.get(name, set()), documented.get(name, set()) - set(words)
        if missing or extra:
            complaints.append(f"{name}: not documented: {sorted(missing)}; no such word: {sorted(extra)}")
    return complaints


def stat_complaints(text: str, stats: Iterable[str]) -> list[str]:
    """Compare the stats of the first section with those that are set."""
    (ours,) = _sections(text, r"## Stats of ours")
    documented = {re.sub(r"<[^>]+>", "*", cells[0].strip("`")) for cells in _rows(ours[-1]) if cells[0].startswith("`")}
    complaints = [
        f"{name}: not documented" for name in sorted(stats) if not any(fnmatch(name, one) for one in documented)
    ]
    return complaints + [f"{name}: nobody sets it" for name in sorted(documented - set(stats))]


def stats_of(source: str) -> Iterator[str]:
    """Find the names of the stats that a source sets; `*` stands for what is known only then."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SETTERS:
            yield _stat_name(node.args[0])


_SETTERS = ("inc_value", "set_value", "max_value", "min_value")


def _stat_name(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    raise ValueError(f"the name of a stat cannot be read in line {node.lineno}: write it out")


def command_complaints(text: str, commands: set[str], arguments: set[str]) -> list[str]:
    """Compare headings with commands, and look for the spider's arguments."""
    documented = set(re.findall(r"^## `scrapy (\w+)", text, re.MULTILINE))
    complaints = []
    if documented != commands:
        complaints.append(f"commands: {', '.join(sorted(documented))} documented, {', '.join(sorted(commands))} there")
    return complaints + [f"argument {name}: not documented" for name in sorted(arguments) if f"`{name}`" not in text]


def misquotations(text: str, sources: str) -> list[str]:
    """Give the parts of quoted sentences that no source has; an ellipsis stands for what varies."""
    ((section,),) = _sections(text, r"## What preflight says")
    quoted = [cells[0] for cells in _rows(section) if len(cells) == 3]
    parts = [part.strip(" (=)") for sentence in quoted for part in sentence.split("…")]
    return [part for part in parts if part not in sources]


def make_verbs(text: str) -> set[str]:
    """Find the verbs of `make`, in code and in indented or fenced lines."""
    return set(re.findall(r"(?:`|^\s*\$? ?)make ([a-z][a-z-]*)(?=`|\s)", text, re.MULTILINE))


def bad_urls(blocks: Iterable[str]) -> list[str]:
    """Give the URLs that ask nothing."""
    return [
        url for block in blocks for url in (line.split()[0] for line in block.splitlines()) if not _is_question(url)
    ]


def _is_question(url: str) -> bool:
    try:
        questions.parse(url)
    except questions.BadQuestionError:
        return False
    return True


def broken_links(document: Path, text: str) -> list[str]:
    """Give the relative links that lead nowhere or out of the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", _without_code(text))
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
    """Make the anchors of headings as GitHub does: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def bad_paths(text: str) -> list[str]:
    """Give the paths that are not there, or lie where a document has nothing to tell of."""
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
    """Give the documents that a source names and that are not there; a decision goes by its number."""
    names = sorted({name.rstrip(".") for name in re.findall(r"\b[Dd]ocs/[\w/.-]+", source)})
    return [name for name in names if not list(PROJECT.glob(f"{name.lower().removesuffix('.md')}*"))]


def decision_complaints(files: Mapping[str, str], index: str) -> list[str]:
    """Look at numbers, parts, length and index of the decisions."""
    complaints = []
    for expected, (name, text) in enumerate(sorted(files.items()), start=1):
        if int(name[:4]) != expected:
            complaints.append(f"{name} has number {int(name[:4])}, expected {expected}")
        complaints += [
            f"{name} has no {part}" for part in ("Context", "Decision", "Consequences") if f"\n## {part}\n" not in text
        ]
        if len(text.splitlines()) > 60:
            complaints.append(f"{name} is longer than a page")
        if f"({name})" not in index:
            complaints.append(f"{name} is not listed")
    return complaints


# --- what is there ---


WORDS = {
    "Status": items.Status,
    "Failure": items.Failure,
    "Starttls": items.Starttls,
    "Stop": items.Stop,
    "import": (items.UNRECORDED,),
    "kind": policy.KINDS,
    "refusal": (policy.KINDS - policy.PROBED_KINDS)
    | {policy.OPTED_OUT, policy.INVALID_NAME, items.Failure.NAME_TOO_LONG, "no_ipv4", "no_ipv6"},
    "slot": questions.SLOTS,
    "question": ("NS", "MX", "SOA", "A", "AAAA", "PTR", "ping", "tcp 25", "tcp 80", "tcp 443"),
    "role": get_args(items.RoleKind),
    "feature": FEATURES,
    "metric": METRICS,
    "end reason": ("finished", INCOMPLETE, "shutdown", StartRefusedError("").reason),
}
INTERNET_WORDS = {
    "behaviour": BEHAVIOURS,
    "block": [block.name for block in BLOCKS if block.name not in BEHAVIOURS],
    "mail server": Mail,
    "gone": Gone,
    "fault": Fault,
    "reverse": Reverse,
    "region": topology.REGIONS,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty database with all tables and views."""
    empty = Store(tmp_path_factory.mktemp("docs") / "ips.db")
    yield empty
    empty.close()


def _read(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def _defaults() -> dict[str, Any]:
    return {name: getattr(settings, name) for name in options.CHECKS}


def _classes() -> dict[str, list[str]]:
    """Name the fields of each dataclass of items.py, inherited ones first."""
    return {
        name: [field.name for field in dataclasses.fields(value)]
        for name, value in vars(items).items()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    }


@cache
def _stats_of_the_package() -> set[str]:
    return {name for file in (PROJECT / "ipv6matrix").rglob("*.py") for name in stats_of(file.read_text())}


def _commands() -> set[str]:
    return {file.stem for file in (PROJECT / "ipv6matrix/commands").glob("*.py") if not file.name.startswith("__")}


@cache
def _sources() -> str:
    return "\n".join(file.read_text() for file in (PROJECT / "ipv6matrix").rglob("*.py"))


def _arguments() -> set[str]:
    parameters = inspect.signature(MatrixSpider.__init__).parameters.values()
    return {one.name for one in parameters if one.name != "self" and one.kind is one.POSITIONAL_OR_KEYWORD}


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", _read("Makefile"), re.MULTILINE))


def _sections(text: str, heading: str) -> Iterator[tuple[str, ...]]:
    """Give what a heading's groups matched and the text up to the next heading of its level or above."""
    level = heading.index(" ")
    for match in re.finditer(rf"^{heading}$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL):
        yield match.groups()


def _rows(text: str) -> Iterator[list[str]]:
    """Give the cells of each table row; heads and rules are no rows."""
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and not line.startswith("| ---") and not following.startswith("| ---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
