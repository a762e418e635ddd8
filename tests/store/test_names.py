"""Names that look like something else: the root, placeholders, addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix.items import ReverseItem
from tests import urls
from tests.samples import host, hosts_item, lookup
from tests.store.everything import ADDRESS, DOMAIN, SOA, TRACE


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("", "."),
        ("no", "no."),
        ("n/a", "n/a."),
        ("192.0.2.9", "192.0.2.9."),
        ("2001:db8::9", "2001:db8::9."),
        ("-->", "-->."),
        ("no.example", "no.example"),
        ("a\\.b\\032c.example", "a\\.b\\032c.example"),
    ],
)
def test_a_reverse_name_is_not_a_placeholder(store, name, spelled):
    """A PTR name like `n/a`, a silent hop or an address keeps its final dot; the root is a dot."""
    router = "198.18.0.1"
    store.complete(TRACE)
    store.complete(
        ReverseItem(url=urls.reverse(router), address=router, lookup=lookup("1.0.18.198.in-addr.arpa", "PTR", name))
    )

    assert [(spelled,)] == store.query("SELECT reverse FROM rdns WHERE ip = ?", (router,))
    ((path,),) = store.query("SELECT path FROM tracert WHERE ip = ?", (ADDRESS,))
    assert [spelled, "no", ADDRESS] == path.split(" --> ")


def test_the_root_as_a_name_is_not_an_empty_text(store):
    """The root is stored as a dot wherever a name is stored, and a CNAME to it is an alias."""
    www = host("www.a.example")
    www.a = lookup("www.a.example", "A", canonical_name="")
    store.complete(hosts_item(www))
    store.complete(replace(DOMAIN, soa=lookup("a.example", "SOA", replace(SOA, mname="", rname=""))))

    assert [(".",)] == store.query("SELECT canonical_name FROM host_figures WHERE name = 'www.a.example'")
    assert [(".", ".")] == store.query("SELECT mname, rname FROM soa_records")
