"""The meaning of texts written by the 2022 crawler, and by this one."""

from __future__ import annotations

import pytest

from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.store.imported import Ping, ReverseName, Tunnel
from ipv6matrix.targets.policy import AddressPolicy

OLDER = Older(AddressPolicy())
SIX_TO_FOUR = "2002:c633:6404::1"


@pytest.mark.parametrize(
    ("address", "refusal"), [("10.0.0.5", "private"), ("::ffff:a00:5", "mapped"), ("1.1.1.1", None)]
)
def test_old_files_have_addresses_that_are_excluded_today(address, refusal):
    """Private and mapped addresses in old files are excluded; in files of this project every address is usable."""
    assert refusal == OLDER.exclusion(address)
    assert Ours().exclusion(address) is None


def test_tunnels_are_recognised_in_old_files():
    """The prefix decides for old files, the stored identifier for ours."""
    (fact,) = OLDER.tunnel(SIX_TO_FOUR, None)

    assert isinstance(fact, Tunnel)
    assert [] == list(OLDER.tunnel("192.0.2.1"))
    assert [] == list(Ours().tunnel(SIX_TO_FOUR, None))
    assert [Tunnel(SIX_TO_FOUR, "U9")] == list(Ours().tunnel(SIX_TO_FOUR, "U9"))


def test_duplicated_columns_of_old_files_are_left_out():
    """Latitude and the largest IPv6 round-trip time are unknown in old files."""
    assert (None, None) == (OLDER.latitude("13.4"), OLDER.largest6("20.5"))
    assert (13.4, 20.5) == (Ours().latitude("13.4"), Ours().largest6("20.5"))


@pytest.mark.parametrize(
    ("text", "older", "ours"),
    [
        ("Mail.Example.", "mail.example", "Mail.Example."),
        ("n/a", None, None),
        ("192.0.2.1", None, "192.0.2.1"),
        ("", None, ""),
        (".", ".", "."),
        ("no.", "no", "no"),
        ("192.0.2.2.", "192.0.2.2", "192.0.2.2"),
    ],
)
def test_an_address_is_not_its_own_reverse_name(text, older, ours):
    """Old files have the address in the place of a missing name."""
    assert ReverseName("192.0.2.1", older) == OLDER.reverse_name("192.0.2.1", text)
    assert ReverseName("192.0.2.1", ours) == Ours().reverse_name("192.0.2.1", text)


def test_a_reply_takes_time():
    """A mean of 0 in old files is silence."""
    silent = Ping("192.0.2.1", 5, 0.0, 0.0, 0.0, 0.0, 0)

    assert Ping("192.0.2.1", 5, None, None, None, None, 0) == OLDER.ping(silent)
    assert silent == Ours().ping(silent)
