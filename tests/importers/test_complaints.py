"""Reports about broken lines."""

from __future__ import annotations

from ipv6matrix.importers.complaints import Complaints


def test_a_broken_line_is_reported_with_its_file(caplog):
    """The log names file, line and error; the line is counted."""
    complaints = Complaints()
    complaints.about("MX_com.log")(7, "'x' is not a domain")

    (message,) = caplog.messages
    assert "MX_com.log line 7 " in message
    assert "'x' is not a domain" in message
    assert message.endswith("[IMPORT_LINE_INVALID]")
    assert 1 == complaints.number


def test_a_broken_file_does_not_flood_the_log(caplog):
    """The first ten lines of a file are reported, then the total; another file has its own ten."""
    complaints = Complaints()
    for line in range(1, 1001):
        complaints.about("MX_com.log")(line, "broken")
    complaints.about("NS_com.log")(1, "broken")
    complaints.sum_up()

    assert 1001 == complaints.number
    assert 12 == len(caplog.messages)
    assert "MX_com.log: 1,000 " in caplog.messages[-1]
    assert caplog.messages[-1].endswith("[IMPORT_LINE_INVALID]")
