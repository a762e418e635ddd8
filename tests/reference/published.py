"""Lists and GeoIP files as their publishers serve them, on a test site."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterable

HEADER = "GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank"


def settings(site, folder) -> dict[str, object]:
    """Return settings that make a site the publisher of everything, and accept small lists as complete."""
    return {
        "LISTS_DIR": str(folder / "lists"),
        "MAJESTIC_URL": f"{site.url}/majestic.csv",
        "TRANCO_URL": f"{site.url}/tranco.zip",
        "TRANCO_ID_URL": f"{site.url}/tranco-id",
        "LIST_MIN_DOMAINS": 2,
        "GEOIP_DIR": str(folder / "geoip"),
        "MAXMIND_URL": f"{site.url}/maxmind",
        "DBIP_URL": f"{site.url}/dbip",
    }


def majestic(domains: Iterable[str]) -> str:
    rows = (
        f"{rank},{rank},{name},{name.rpartition('.')[2]},9,9,{name},x,1" for rank, name in enumerate(domains, start=1)
    )
    return "\n".join([HEADER, *rows]) + "\n"


def tranco(domains: Iterable[str], name: str = "top-1m.csv") -> bytes:
    """Return the ZIP file, with Tranco's line ends."""
    return zipped({name: "".join(f"{rank},{domain}\r\n" for rank, domain in enumerate(domains, start=1))})


def zipped(members: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    """Return MaxMind's archive: a dated folder with the file and its licence."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member, data in (("LICENSE.txt", b"free\n"), (name, content)):
            entry = tarfile.TarInfo(f"GeoLite2_20261101/{member}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def put_tranco(site, identity: str, domains: Iterable[str], **page) -> None:
    site.put("/tranco-id", f"{identity}\n")
    site.put("/tranco.zip", tranco(domains), **page)


def put_maxmind(site, edition: str, content: bytes, digest: str | None = None) -> None:
    archive = tarred(f"{edition}.mmdb", content)
    url = f"/maxmind/{edition}/download?suffix=tar.gz"
    site.put(url, archive)
    site.put(f"{url}.sha256", f"{digest or hashlib.sha256(archive).hexdigest()}  {edition}_20261101.tar.gz\n")


def put_dbip(site, stem: str, month: str, content: bytes) -> None:
    site.put(f"/dbip/{stem}-{month}.mmdb.gz", gzip.compress(content))
