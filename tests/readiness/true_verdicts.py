"""The verdicts about domains of a scenario, computed from its truth: nothing here was measured or stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ipv6matrix.items import Failure, PmtuStatus, Status
from simnet.behaviours import Web
from simnet.facts import WebTruth
from tests.expected import SILENCES, Expected
from tests.readiness import oracle

ABSENT = (Status.NODATA, Status.NXDOMAIN)
MEASURED = ("web", "dns", "mail")


class TrueVerdicts:
    """Judges domains by hand, for crawls with a basis."""

    def __init__(self, expected: Expected, basis: Collection[str]) -> None:
        self._expected = expected
        self._basis = basis

    def words(self, name: str) -> dict[str, str]:
        """Return the verdict about each service as a word; what such crawls do not measure is unknown."""
        unknown = dict.fromkeys(("web", "dns", "mail", "chain", "path", "content"), "unknown")
        if self._expected.is_opted_out(name):
            return unknown
        known = {"web": self._web(name), "dns": self._dns(name), "mail": self._mail(name)}
        if "resolver6" in self._basis:
            known["chain"] = self._chain(name)
        if "pmtu" in self._basis:
            known["path"] = self._path(name)
        if "web" in self._basis:
            known["content"] = self.content(name)
        return unknown | known

    def levels(self, name: str) -> tuple[int, int]:
        """Return the certain and the possible level."""
        usable = {"yes": (True,), "no": (False,), "unknown": (True, False)}[self._usable(name)]
        readings = [level for is_so in usable for level in oracle.readings(self.words(name), has_address=is_so)]
        return min(readings), max(readings)

    def _usable(self, name: str) -> str:
        if self._expected.is_opted_out(name):
            return "unknown"
        domain = self._expected.domains[name]
        hosts = (*domain.ns_hosts, *(host for _, host in domain.mx_hosts))
        states = [self._six(host) for host in hosts]
        states += [_least(self._exists(host), self._six(host)) for host in self._web_names(name)]
        states += ["unknown" for lookup in (domain.ns, domain.mx) if _failed(lookup.status)]
        return next((word for word in ("yes", "unknown") if word in states), "no")

    def _web_names(self, name: str) -> tuple[str, ...]:
        return (name, f"www.{name}") if "APEX" in self._basis else (f"www.{name}",)

    def _web(self, name: str) -> str:
        exists = {host: self._exists(host) for host in self._web_names(name)}
        works = {host: self._web_host(host) for host, word in exists.items() if word != "no"}
        if not works:
            return "none"
        if any(exists[host] == "yes" and word == "no" for host, word in works.items()):
            return "no"
        return "yes" if "yes" in exists.values() and set(works.values()) == {"yes"} else "unknown"

    def _web_host(self, name: str) -> str:
        if self._six(name) != "yes":
            return self._six(name)
        truth, words = self._expected.truth, []
        four, six = self._choice(name, 4), truth.address(self._choice(name, 6))
        for port in (80, 443):
            lacks = not six.ports[port].open
            if lacks and _failed(truth.host(name).a.status):
                words.append("unknown")
            else:
                words.append("no" if lacks and four and truth.address(four).ports[port].open else "yes")
        if "web" in self._basis and four:
            words.append(self._same(name, four, self._choice(name, 6)))
        return next(word for word in ("no", "unknown", "yes") if word in words)

    def _same(self, host: str, four: str, six: str) -> str:
        """Compare sites that are the same unless a family has no page at all; others need a comparison of pages."""
        truth, sites = self._expected.truth, self._expected.scenario.sites
        assert {Web.SAME} == {sites.get(four, Web.SAME), sites.get(six, Web.SAME)}
        pages = [
            any(truth.page(address, host, scheme).status_code for scheme in ("https", "http"))
            for address in (four, six)
        ]
        return "unknown" if not any(pages) else "yes" if pages[1] else "no"

    def _chain(self, name: str) -> str:
        domain, truth = self._expected.domains[name], self._expected.truth
        asked = [(name, "SOA"), *((host, "AAAA") for _, host in domain.mx_hosts)]
        results = [truth.resolvability(*question) for question in asked]
        for host in self._web_names(name):
            word = truth.resolvability(host, "AAAA")
            results.append("unknown" if self._exists(host) == "unknown" and word == "broken" else word)
        words = {"resolvable": "yes", "broken": "no"}
        states = [words.get(word, "unknown") for word in results] + ["unknown"] * _failed(domain.mx.status)
        return _least(*states)

    def _path(self, name: str) -> str:
        domain = self._expected.domains[name]
        certain = {*domain.ns_hosts, *(host for _, host in domain.mx_hosts)}
        certain |= {host for host in self._web_names(name) if self._exists(host) == "yes"}
        doubtful = {host for host in self._web_names(name) if self._exists(host) == "unknown"} - certain
        states = [self._path_to(host) for host in certain]
        states += ["yes" if self._path_to(host) == "yes" else "unknown" for host in doubtful]
        states += ["unknown" for lookup in (domain.ns, domain.mx) if _failed(lookup.status)]
        known = [host for host in certain if self._six(host) == "yes" and self._pmtu(host) != PmtuStatus.UNTESTABLE]
        return _least(*states, *([] if known else ["unknown"]))

    def _path_to(self, host: str) -> str:
        if self._six(host) != "yes":
            return "yes" if self._six(host) == "no" else "unknown"
        return "no" if self._pmtu(host) == PmtuStatus.BLACK_HOLE else "yes"

    def _pmtu(self, host: str) -> PmtuStatus:
        return self._expected.truth.address(self._choice(host, 6)).pmtu.status

    def content(self, name: str) -> str:
        """Return whether everything that the pages of a domain load has IPv6."""
        exists = {host: self._exists(host) for host in self._web_names(name)}
        pages = {host: self._page(host) for host, word in exists.items() if word != "no"}
        if "yes" not in exists.values():
            return "unknown"
        doubtful = [host for host in pages if exists[host] == "unknown" and pages[host] == "no"]
        return _least(*(pages | dict.fromkeys(doubtful, "unknown")).values())

    def _page(self, host: str) -> str:
        addresses = filter(None, (self._choice(host, family) for family in (4, 6)))
        pages = [self._response(address, host) for address in addresses]
        names = {name for page in pages for name in page.hosts or ()}
        if all(page.hosts is None for page in pages):
            return "unknown"
        truth = self._expected.truth
        lacking = [truth.host(name).addresses(4) and not truth.host(name).addresses(6) for name in names]
        failed = [_failed(truth.host(name).aaaa.status) for name in names]
        return "no" if any(lacking) else "unknown" if any(failed) else "yes"

    def _response(self, address: str, host: str) -> WebTruth:
        https, http = (self._expected.truth.page(address, host, scheme) for scheme in ("https", "http"))
        return https if https.status_code else http

    def _dns(self, name: str) -> str:
        domain = self._expected.domains[name]
        if _failed(domain.ns.status):
            return "unknown"
        states = [self._name_server(name, host) for host in domain.ns_hosts]
        if states.count("yes") >= 2:
            return "yes"
        return "unknown" if len(states) - states.count("no") >= 2 else "no"

    def _name_server(self, zone: str, host: str) -> str:
        if self._six(host) != "yes" or "nameservers" not in self._basis:
            return self._six(host)
        if self._expected.domains[zone].ns.canonical_name is not None:
            return "unknown"
        answer = self._expected.truth.name_server(zone, self._choice(host, 6)).answer
        return {"authoritative": "yes", "untestable": "unknown"}.get(answer, "no")

    def _mail(self, name: str) -> str:
        domain = self._expected.domains[name]
        if _failed(domain.mx.status):
            return "unknown"
        if not domain.mx_hosts:
            return "none"
        with_ipv4 = [preference for preference, host in domain.mx_hosts if self._choice(host, 4)]
        perhaps = [preference for preference, host in domain.mx_hosts if self._four_unknown(host)]
        # Every name that may or may not have IPv4 may be the best one, or not.
        best = min(with_ipv4, default=65536)
        limits = {best, *(min(best, preference) for preference in perhaps)}
        outcomes = {self._best(domain.mx_hosts, limit) for limit in limits}
        return outcomes.pop() if len(outcomes) == 1 else "unknown"

    def _best(self, hosts: tuple[tuple[int, str], ...], limit: int) -> str:
        words = {self._mail_host(host, hosts) for preference, host in hosts if preference <= limit}
        return next(word for word in ("yes", "unknown", "no") if word in words)

    def _mail_host(self, name: str, hosts: tuple[tuple[int, str], ...]) -> str:
        if self._six(name) != "yes":
            return self._six(name)
        six = self._expected.truth.address(self._choice(name, 6))
        if six.ports[25].failure in SILENCES:
            return "no" if any(_answers(address.ports[25]) for address in self._addresses(hosts)) else "unknown"
        if not six.ports[25].open:
            return "no"
        if six.smtp.greeting_code == 220:
            return "yes"
        greets = [
            address
            for address in self._addresses(hosts)
            if address.family == 4 and address.smtp and address.smtp.greeting_code == 220
        ]
        return "no" if greets else "unknown"

    def _addresses(self, hosts: tuple[tuple[int, str], ...]) -> Iterator:
        chosen = (self._choice(host, family) for _, host in hosts for family in (4, 6))
        return (self._expected.truth.address(address) for address in chosen if address)

    def _four_unknown(self, name: str) -> bool:
        return self._state(name, 4) == "unknown"

    def _six(self, name: str) -> str:
        return self._state(name, 6)

    def _state(self, name: str, family: int) -> str:
        if self._expected.is_opted_out(name):
            return "unknown"
        if len(name) > 253 or not name:
            return "no"
        host = self._expected.truth.host(name)
        if _failed((host.a if family == 4 else host.aaaa).status):
            return "unknown"
        if self._choice(name, family):
            return "yes"
        excluded = [address for address in host.addresses(family) if self._expected.is_opted_out_address(address)]
        return "unknown" if excluded else "no"

    def _exists(self, name: str) -> str:
        if self._expected.is_opted_out(name):
            return "unknown"
        if len(name) > 253:
            return "no"
        host = self._expected.truth.host(name)
        statuses = (host.a.status, host.aaaa.status)
        if host.wildcard and name.startswith("www."):
            return "unknown"
        if Status.OK in statuses:
            return "yes"
        return "unknown" if any(map(_failed, statuses)) else "no"

    def _choice(self, name: str, family: int) -> str | None:
        if len(name) > 253 or self._expected.is_opted_out(name):
            return None
        return self._expected._choice(self._expected.truth.host(name), family)


def _failed(status: Status | Failure) -> bool:
    return status not in (Status.OK, *ABSENT)


def _least(*words: str) -> str:
    return next(word for word in ("no", "unknown", "yes") if word in words)


def _answers(port) -> bool:
    return port.open or port.failure not in SILENCES
