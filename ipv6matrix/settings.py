"""
Settings of the project: values and component order, each with its unit, reader and reason.

Every value can be changed for one run with `-s NAME=VALUE`. docs/settings.md
describes them for operators; this file contains no logic.
"""

BOT_NAME = "ipv6matrix"
SPIDER_MODULES = ["ipv6matrix.spiders"]
NEWSPIDER_MODULE = "ipv6matrix.spiders"
COMMANDS_MODULE = "ipv6matrix.commands"

# --- For one run -------------------------------------------------------------

# Names from PROFILES, comma-separated: later ones override earlier ones, and `-s` overrides
# all of them. Read by ipv6matrix.config.profiles.
PROFILE = ""
# What each profile sets: only size and speed, never what is measured or how long to wait for
# an answer, so that figures of crawls with and without profiles are comparable.
PROFILES = {
    # For a machine with 1 GB of memory and one or two cores that also runs its resolver. One
    # mtr-packet process handles 900 probes, and a trace has four in flight.
    "small": {
        "PROBE_RATE": 500,
        "DNS_CONCURRENCY": 50,
        "PING_CONCURRENCY": 100,
        "TCP_CONCURRENCY": 100,
        "TRACE_CONCURRENCY": 200,
        "TRACE_PROCESSES": 1,
    },
    # For the first crawl from a place, before it is known how the provider and the resolver
    # react: a twentieth of the probes, and a tenth towards each network.
    "careful": {
        "PROBE_RATE": 100,
        "PROBE_RATE_PER_NETWORK": 5,
        "QUERY_RATE": 50,
        "DNS_CONCURRENCY": 20,
        "PING_CONCURRENCY": 50,
        "TCP_CONCURRENCY": 50,
        "TRACE_CONCURRENCY": 50,
        "TRACE_PROCESSES": 1,
    },
}

# --- What is measured --------------------------------------------------------

# Kinds of hosts to look up. Read by spiders.matrix.
FEATURES = "NS,MX,WWW,NTP"
# What to measure: words, `default`, `all`, `+word` and `-word`. Read by spiders.matrix and pipelines.locate,
# pipelines.classify.
METRICS = "default"
# Labels prefixed to a domain to guess its hosts. Read by spiders.matrix.
WWW_PREFIXES = "www,www6,ipv6,www.ipv6,six"
NTP_PREFIXES = "ntp,time"
# Addresses to probe per host and family, the smallest first. Read by spiders.matrix.
ADDRESSES_PER_HOST = 1
# Limits on what one answer from a third party may add: name servers and mail exchangers of a domain,
# and stored addresses of a host, by family. Real domains stay far below. Read by spiders.matrix.
NS_PER_DOMAIN = 32
MX_PER_DOMAIN = 32
ADDRESSES_STORED_PER_HOST = 64
# Zones for which one address of a name server is asked: a large operator serves hundreds of thousands. Read by
# extensions.name_servers.
NS_ZONES_PER_ADDRESS = 1000

# Whether to retry failures that may be temporary (timeout, SERVFAIL, silence) at the end of the
# crawl, and the time in seconds between a failure and its retry. It is a quarter of the duration
# of the crawl, at least the last of these, for which resolvers cache failures, and at most the
# second (docs/decisions/0040). Read by extensions.second_pass.
SECOND_PASS = True
SECOND_PASS_AFTER = 60.0
SECOND_PASS_AFTER_MIN = 5.0

# --- Files and services ------------------------------------------------------

# The folder of the crawl in progress; a folder that contains an ips.db is resumed.
# Read by job.
JOBDIR = "crawls/current"
# The PostgreSQL database of a crawl on many machines, postgresql://USER:PASSWORD@HOST/NAME; empty
# for a crawl on one machine. Read by frontier.scheduler (docs/many-machines.md).
STORE_URL = ""
# Number of processes on this machine that share the crawl through STORE_URL: one for each core. PROBE_RATE and
# QUERY_RATE hold for all of them together. Read by extensions.processes and commands.crawl.
PROCESSES = 1
# Finished crawls are moved here, as ips-<run>.db. Read by extensions.publishing.
OUTPUT_DIR = "crawls"
# Formats to which a finished crawl is exported: csv, parquet, readiness, summary, report. Read by
# extensions.publishing.
EXPORTS = "csv"
# The database for summaries of all crawls, and the one that the website reads, as SQLAlchemy
# URLs; `scrapy promote` copies a crawl from the first to the second. Read by
# extensions.publishing and the commands export, promote and serve.
SUMMARY_URL = "sqlite:///crawls/matrix.db"
LIVE_URL = ""
# Where the website keeps its own copy of the summaries. Empty: in `read-model` below OUTPUT_DIR.
# Read by the command serve.
READ_MODEL_DIR = ""
# Address or name, and port, on which the website listens; port 0 means any free one. The
# default is this machine only: a reverse proxy provides HTTPS to the public. Read by the
# command serve.
WEB_HOST = "127.0.0.1"
WEB_PORT = 8000
# The public URL of the website, such as https://www.example.org, for link previews. If empty,
# pages contain no URL of their own. Read by the command serve.
WEB_URL = ""
# The port on 127.0.0.1 on which Prometheus reads the metrics of a crawl; 0 disables it. Read by
# extensions.metrics.
METRICS_PORT = 0
# GeoLite2 files or others in the same format (mmdb). If empty, those in GEOIP_DIR; if there
# are none, a crawl with the metric geoip does not start. Read by ipv6matrix.reference.geoip.
GEOIP_CITY_DB = ""
GEOIP_ASN_DB = ""
# A file of domains and networks that opted out, one per line. Read by ipv6matrix.config.plan.
OPTOUT_FILE = ""

# The folder for downloaded lists, majestic and tranco; a supplemental.txt in it is read
# after them. Read by ipv6matrix.reference.rankings and extensions.preflight.
LISTS_DIR = "crawls/lists"
# Download URLs of the lists (mirrors work too). Tranco's ID identifies the list of a day permanently.
MAJESTIC_URL = "https://downloads.majestic.com/majestic_million.csv"
TRANCO_URL = "https://tranco-list.eu/top-1m.csv.zip"
TRANCO_ID_URL = "https://tranco-list.eu/top-1m-id"
# A downloaded list with fewer domains indicates a problem at its source.
LIST_MIN_DOMAINS = 100_000
# Maximum share of the first 10,000 rows of a list that are not domains (docs/decisions/0032).
LIST_MAX_REFUSED = 0.5
# The folder whose city.mmdb and asn.mmdb are used if the settings above are empty; `scrapy geoip
# update` writes them. Read by ipv6matrix.reference.geoip and ipv6matrix.reference.geoip_files.
GEOIP_DIR = "crawls/geoip"
# A MaxMind account ID, and a file with its licence key (a file, so that the key does not appear in
# the process list). If empty, the free files of DB-IP are used. The URLs are those of both
# providers. Read by ipv6matrix.reference.geoip_files.
GEOIP_ACCOUNT_ID = ""
GEOIP_LICENSE_KEY_FILE = ""
MAXMIND_URL = "https://download.maxmind.com/geoip/databases"
DBIP_URL = "https://download.db-ip.com/free"

# --- DNS ---------------------------------------------------------------------

# Comma-separated servers, address or address:port; if empty, those of /etc/resolv.conf.
# Read by handlers.dns, extensions.preflight and extensions.run_record.
NAMESERVERS = ""
# Servers without IPv4, for the metric resolver6, in the same form; if empty, that is not measured.
# Read by handlers.dns and extensions.preflight.
NAMESERVERS6 = ""
# Timeouts in seconds: for one reply, and for all tries of one lookup.
QUERY_TIMEOUT = 2.0
QUERY_LIFETIME = 5.0

# --- Probes ------------------------------------------------------------------

# Number of Echo Requests per address, and the seconds between them. Read by handlers.ping.
PING_COUNT = 5
PING_INTERVAL = 0.2
# Timeout for each Echo Reply, in seconds; later replies count as lost. 2 s covers
# satellite paths too.
PING_TIMEOUT = 2.0
# Timeout for a TCP handshake, in seconds. Read by handlers.tcp.
TCP_TIMEOUT = 2.0
# Timeout for a whole SMTP session, in seconds, including the server's greeting delay.
SMTP_TIMEOUT = 10.0
# Timeout for the reply of a time server, in seconds; then the request is repeated once. Read by handlers.ntp.
NTP_TIMEOUT = 2.0
# Timeout for a TLS handshake with a web server, in seconds, and for a page; together with the
# limit of 256 KiB it ends what would not end by itself. Read by handlers.tls and handlers.web.
WEB_TIMEOUT = 10.0
# A PEM file of the certificates of authorities that are trusted. If empty, Mozilla's, as published
# by certifi, so that results do not depend on the machine. Read by handlers.tls and handlers.web.
TRUSTED_CERTIFICATES = ""
# Last TTL to probe, timeout for each answer in seconds, and number of consecutive silent hops
# after which a trace stops. Read by handlers.trace.
TRACE_MAX_TTL = 30
TRACE_TIMEOUT = 2
TRACE_GAP_LIMIT = 5
# Source addresses of probes, and of queries to name servers; if empty, the routing table
# chooses. Read by extensions.preflight and the handlers of probes.
LOCAL_IPV4 = ""
LOCAL_IPV6 = ""

# --- Politeness --------------------------------------------------------------

# Probe packets per second, overall and towards each IPv4 /24 and IPv6 /48; 0 means no
# limit. Read by middlewares.rate; the second by the frontier as well.
PROBE_RATE = 2000
PROBE_RATE_PER_NETWORK = 50
# Queries per second to the resolvers; 0 means no limit.
QUERY_RATE = 0
# Comma-separated prefixes that may be probed although they are not globally
# reachable. Empty on the real Internet. Read by ipv6matrix.config.plan.
PROBE_ALLOWED_NETWORKS = ""
# The contact for this crawl: a mail address or URL. Used in EHLO and in the User-Agent.
# Read by handlers.tcp and handlers.web.
CONTACT = ""
# What to do if a prerequisite is missing (a route, mtr-packet, ping permission, GeoIP):
# `stop`, or `skip` whatever needs it. Read by extensions.preflight.
MISSING = "stop"

# --- Health of the vantage point ----------------------------------------------

# Addresses that show whether IPv4 and IPv6 work, probed at most once a second while something
# is in doubt: root servers (f, i, k, l, m) of five operators. If empty, only the first router
# is probed. Read by extensions.health.
HEALTH_TARGETS = (
    "192.5.5.241,192.36.148.17,193.0.14.129,199.7.83.42,202.12.27.33,"
    "2001:500:2f::f,2001:7fe::53,2001:7fd::1,2001:500:9f::42,2001:dc3::35"
)
# Seconds to wait for the resolver or a family during an outage, and what to do after that:
# `stop`, or `skip` the rest of that family. Read by extensions.health.
HEALTH_MAX_WAIT = 3600.0
HEALTH_AFTER_WAIT = "stop"

# --- Concurrency -------------------------------------------------------------

# Maximum number of requests in flight per slot. Read by the frontier.
DNS_CONCURRENCY = 200
NS_CONCURRENCY = 100
PING_CONCURRENCY = 400
TCP_CONCURRENCY = 400
TRACE_CONCURRENCY = 800
NTP_CONCURRENCY = 100
PMTU_CONCURRENCY = 100
TLS_CONCURRENCY = 100
WEB_CONCURRENCY = 50
# Number of mtr-packet processes that share the traces. Read by handlers.trace.
TRACE_PROCESSES = 4
# Seconds between commits, i.e. how much work is repeated after a kill. Read by
# job.
COMMIT_INTERVAL = 1.0

# --- Scrapy: components ------------------------------------------------------

SCHEDULER = "ipv6matrix.frontier.scheduler.Scheduler"
DOWNLOADER = "ipv6matrix.engine.downloader.ProbeDownloader"
STATS_CLASS = "ipv6matrix.engine.stats.Stats"

DOWNLOAD_HANDLERS = {
    "dns": "ipv6matrix.handlers.dns.DnsDownloadHandler",
    "ping": "ipv6matrix.handlers.ping.PingDownloadHandler",
    "tcp": "ipv6matrix.handlers.tcp.TcpDownloadHandler",
    "trace": "ipv6matrix.handlers.trace.TraceDownloadHandler",
    "ntp": "ipv6matrix.handlers.ntp.NtpDownloadHandler",
    "pmtu": "ipv6matrix.handlers.pmtu.PmtuDownloadHandler",
    "tls": "ipv6matrix.handlers.tls.TlsDownloadHandler",
    "web": "ipv6matrix.handlers.web.WebDownloadHandler",
    "http": "ipv6matrix.handlers.http.HttpDownloadHandler",
    "https": "ipv6matrix.handlers.http.HttpDownloadHandler",
}

# Scrapy's own components are listed in the settings named *_BASE. Disabled with None below, they would be imported all
# the same, at the start of every crawl: together with aiohttp and requests, a quarter of the CPU time of a start.
DOWNLOAD_HANDLERS_BASE: dict[str, str] = {}
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}

# Those of Scrapy are for HTTP only.
DOWNLOADER_MIDDLEWARES = {
    # Exclusions come before deduplication, and both before the rates, so that a
    # request that is not sent uses up no rate.
    "ipv6matrix.middlewares.optout.OptOutMiddleware": 100,
    "ipv6matrix.middlewares.forbidden.ForbiddenAddressMiddleware": 200,
    "ipv6matrix.middlewares.dedupe.DedupeMiddleware": 300,
    "ipv6matrix.middlewares.rate.RateMiddleware": 400,
    # Closest to the handlers: it sees what is really sent, and every answer first.
    "ipv6matrix.middlewares.health.HealthMiddleware": 500,
}

SPIDER_MIDDLEWARES = {
    "ipv6matrix.middlewares.backpressure.BackpressureMiddleware": 100,
}

# Only valid items are stored, and only new addresses are located and classified.
ITEM_PIPELINES = {
    "ipv6matrix.pipelines.validate.ValidatePipeline": 100,
    "ipv6matrix.pipelines.dedup.DedupPipeline": 200,
    "ipv6matrix.pipelines.locate.LocatePipeline": 300,
    "ipv6matrix.pipelines.classify.ClassifyPipeline": 400,
    "ipv6matrix.pipelines.store.StorePipeline": 500,
}

# Extensions share their state through the context, so their order does not matter.
EXTENSIONS = {
    "ipv6matrix.engine.stats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.memusage.MemoryUsage": 0,
    "scrapy.extensions.memdebug.MemoryDebugger": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "ipv6matrix.extensions.publishing.Publishing": 50,
    "ipv6matrix.extensions.metrics.Metrics": 150,
    "ipv6matrix.extensions.preflight.Preflight": 200,
    "ipv6matrix.extensions.run_record.RunRecord": 300,
    "ipv6matrix.extensions.loop_lag.LoopLag": 400,
    "ipv6matrix.extensions.gc_tuning.GcTuning": 450,
    "ipv6matrix.extensions.health.Health": 455,
    "ipv6matrix.extensions.clean_stop.CleanStop": 460,
    "ipv6matrix.extensions.progress.Progress": 500,
    "ipv6matrix.extensions.name_servers.NameServers": 590,
    "ipv6matrix.extensions.second_pass.SecondPass": 600,
    "ipv6matrix.extensions.sharing.Sharing": 700,
    "ipv6matrix.extensions.processes.Processes": 710,
}

# --- Scrapy: runtime ---------------------------------------------------------

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
# Both families, for the lists downloaded over HTTP.
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"
# The frontier enforces the limits per slot; Scrapy's own limits must not interfere.
CONCURRENT_REQUESTS = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 100_000
DOWNLOAD_DELAY = 0
# Seconds without data after which the download of a list or GeoIP file is retried.
DOWNLOAD_TIMEOUT = 30
# Each response has one item, so more workers would only add tasks.
CONCURRENT_ITEMS = 1
ROBOTSTXT_OBEY = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
LOG_FORMATTER = "ipv6matrix.log.QuietLogFormatter"
