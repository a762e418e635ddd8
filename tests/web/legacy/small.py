"""
A handful of rows, and what the API of 2022 answers about them, written by hand.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability, Row

EARLIER: Final = dt.date(2022, 7, 20)
DATE: Final = dt.date(2023, 1, 5)

ROWS: Final[tuple[Row, ...]] = (
    HostData(
        date=EARLIER,
        country="DE",
        tld="de",
        type="WWW",
        hosts=10,
        hosts4=5,
        hosts6=1,
        dualstack=3,
        noip=0,
        unknown=1,
        pinghosts=3,
        faster=2,
        ping4=0.1,
        ping6=30.25,
        pathhosts=2,
        fewer=1,
        hops4=20,
        hops6=22,
    ),
    HostData(
        date=EARLIER,
        country="GB",
        tld="uk",
        type="MX",
        hosts=4,
        hosts4=2,
        hosts6=0,
        dualstack=1,
        noip=1,
        pinghosts=1,
        ping4=0.2,
        ping6=12,
    ),
    HostData(date=DATE, country="DE", tld="de", type="WWW", hosts=12, hosts4=6, dualstack=6),
    Reachability(date=DATE, country="DE", tld="de", service="HTTP", hosts4=9, hosts6=5, reach4=8, reach6=4, unknown=1),
    DomainPenetration(date=DATE, country="ZZ", tld="de", domains=7, domains6=3, www=2, mx=1, ns=3, ntp=0, unknown=2),
    DomainRow(
        date=DATE,
        domain="a_b.de",
        country="DE",
        www_hosts=1,
        www_hosts6=1,
        http4=1,
        http6=1,
        faster=1,
        pingratio=0.9375,
    ),
    DomainRow(date=DATE, domain="axb.de", country="ZZ"),
)

_HELP: Final = "Check /api for help using the API"
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

EXACTLY: Final = (
    ("/json/hosts", 200, '{"2022-07-20":{"hosts":14,"hosts6":5},"2023-01-05":{"hosts":12,"hosts6":6}}'),
    ("/data/hosts", 200, '{"2022-07-20":{"hosts":14,"hosts6":5},"2023-01-05":{"hosts":12,"hosts6":6}}'),
    ("/csv/hosts", 200, "date,hosts,hosts6\n2022-07-20,14,5\n2023-01-05,12,6\n"),
    (
        "/xml/hosts",
        200,
        (
            f"{_XML}<response><row><date>2022-07-20</date><hosts>14</hosts><hosts6>5</hosts6></row>"
            "<row><date>2023-01-05</date><hosts>12</hosts><hosts6>6</hosts6></row></response>\n"
        ),
    ),
    (
        "/html/hosts",
        200,
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>IPv6 Matrix: hosts</title></head>'
            "<body>\n"
            "<table>\n<tr><th>date</th><th>hosts</th><th>hosts6</th></tr>\n"
            "<tr><td>2022-07-20</td><td>14</td><td>5</td></tr>\n<tr><td>2023-01-05</td><td>12</td><td>6</td></tr>\n"
            "</table>\n</body></html>\n"
        ),
    ),
    (
        "/json/hosts/group-country",
        200,
        (
            '{"2022-07-20":{"DE":{"hosts":10,"hosts6":4},"GB":{"hosts":4,"hosts6":1}},'
            '"2023-01-05":{"DE":{"hosts":12,"hosts6":6}}}'
        ),
    ),
    ("/csv/hosts/group-type/country-gb", 200, "date,hosts,hosts6,type\n2022-07-20,4,1,MX\n"),
    ("/csv/hosts/group-tld?min-sample=10", 200, "date,hosts,hosts6,tld\n2022-07-20,10,4,de\n2023-01-05,12,6,de\n"),
    (
        "/csv/dualstack?types=www",
        200,
        "date,hosts,hosts4,hosts6,dualstack,noip\n2022-07-20,10,5,1,3,0\n2023-01-05,12,6,0,6,0\n",
    ),
    # 0.1 + 0.2 has no noise, and a whole number no point.
    ("/csv/ping", 200, "date,hosts,faster,ping4,ping6\n2022-07-20,4,2,0.3,42.25\n2023-01-05,0,0,0,0\n"),
    (
        "/json/ping/group-tld?min-sample=1&tlds=uk",
        200,
        '{"2022-07-20":{"uk":{"hosts":1,"faster":0,"ping4":0.2,"ping6":12}}}',
    ),
    ("/csv/path?min-sample=1", 200, "date,hosts,fewer,hops4,hops6\n2022-07-20,2,1,20,22\n"),
    ("/csv/reach/group-service", 200, "date,hosts4,hosts6,reach4,reach6,service\n2023-01-05,9,5,8,4,HTTP\n"),
    ("/csv/domains/group-country", 200, "date,domains,domains6,www,ns,mx,ntp,country\n2023-01-05,7,3,2,3,1,0,ZZ\n"),
    (
        "/csv/country-de",
        200,
        (
            "date,country,hosts,hosts4,hosts6,hosts6only,dualstack,noip,pinghosts,faster,ping4,ping6,pathhosts,fewer,hops4,"
            "hops6\n2022-07-20,DE,10,5,4,1,3,0,3,2,0.1,30.25,2,1,20,22\n2023-01-05,DE,12,6,6,0,6,0,0,0,0,0,0,0,0,0\n"
        ),
    ),
    (
        "/json/country-DE?min-sample=11",
        200,
        (
            '{"2023-01-05":{"DE":{"hosts":12,"hosts4":6,"hosts6":6,"hosts6only":0,"dualstack":6,"noip":0,"pinghosts":0,'
            '"faster":0,"ping4":0,"ping6":0,"pathhosts":0,"fewer":0,"hops4":0,"hops6":0}}}'
        ),
    ),
    (
        "/json/domain-a_b.de",
        200,
        (
            '{"2023-01-05":{"a_b.de":{"country":"DE","www_hosts":1,"www_hosts6":1,"mx_hosts":0,"mx_hosts6":0,"ns_hosts":0,'
            '"ns_hosts6":0,"ntp_hosts":0,"ntp_hosts6":0,"http4":1,"http6":1,"https4":0,"https6":0,"smtp4":0,"smtp6":0,'
            '"faster":1,"pingratio":0.9375,"fewer":0,"hopratio":0}}}'
        ),
    ),
    (
        "/csv/domain-axb.de",
        200,
        (
            "date,domain,country,www_hosts,www_hosts6,mx_hosts,mx_hosts6,ns_hosts,ns_hosts6,ntp_hosts,ntp_hosts6,http4,"
            "http6,https4,https6,smtp4,smtp6,faster,pingratio,fewer,hopratio\n"
            "2023-01-05,axb.de,ZZ,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
        ),
    ),
    ("/json/domain/search-a", 200, '["a_b.de","axb.de"]'),
    ("/json/domain/search-a_", 200, '["a_b.de"]'),
    ("/csv/domain/search-a", 200, "domain\na_b.de\naxb.de\n"),
    ("/xml/domain/search-a_", 200, f"{_XML}<response><row><domain>a_b.de</domain></row></response>\n"),
    ("/json/hosts/country-de", 400, f'[{{"error":"Invalid URI","help":"{_HELP}"}}]'),
    ("/json/domain/search-b", 400, f'[{{"error":"Empty query","help":"{_HELP}"}}]'),
    ("/csv/nowhere", 400, f"error,help\nInvalid URI,{_HELP}\n"),
    (
        "/xml/country-xx",
        400,
        f"{_XML}<response><row><error>Empty query</error><help>{_HELP}</help></row></response>\n",
    ),
    ("/csv/hosts/group-x", 400, f'error,help\n"Invalid group: hosts has tld, country, type",{_HELP}\n'),
)
