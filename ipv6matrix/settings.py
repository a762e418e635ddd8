"""
Settings of the project: values and order, each with its unit, reader and reason.

Every value can be changed for one run with `-s NAME=VALUE`. docs/settings.md
describes them for operators; this file holds no logic.
"""

BOT_NAME = "ipv6matrix"
SPIDER_MODULES = ["ipv6matrix.spiders"]
NEWSPIDER_MODULE = "ipv6matrix.spiders"
COMMANDS_MODULE = "ipv6matrix.commands"

# --- For one run -------------------------------------------------------------

# Words of PROFILES, with commas: a later word wins over an earlier one, and `-s` over
# all of them. Read by ipv6matrix.choices.
PROFILE = ""
# What each word sets. Size and pace alone, never what is asked or how long an answer is
# waited for: figures of crawls with and without can be compared.
PROFILES = {
    # A machine of 1 GB and a core or two that runs its resolver as well. One process of
    # mtr-packet holds 900 probes, and a trace has four at once.
    "small": {
        "PROBE_RATE": 500,
        "DNS_CONCURRENCY": 50,
        "PING_CONCURRENCY": 100,
        "TCP_CONCURRENCY": 100,
        "TRACE_CONCURRENCY": 200,
        "TRACE_PROCESSES": 1,
    },
    # The first crawl from a place, for whoever still has to learn what provider and
    # resolver say to it: a twentieth of the probes, a tenth towards each network.
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

# --- What is asked -----------------------------------------------------------

# Kinds of hosts that are looked for. Read by spiders.matrix.
FEATURES = "NS,MX,WWW,NTP"
# What is measured. Read by spiders.matrix and pipelines.locate, pipelines.classify.
METRICS = "soa,reverse,geoip,ping,tcp80,tcp443,tcp25,tls,path,ip6Type"
# Labels put before a domain to guess its hosts. Read by spiders.matrix.
WWW_PREFIXES = "www,www6,ipv6,www.ipv6,six"
NTP_PREFIXES = "ntp,time"
# Addresses probed per host and family, the smallest first. Read by spiders.matrix.
ADDRESSES_PER_HOST = 1

# Ask once more, at the end of the crawl, what failed in passing (timeout, SERVFAIL,
# silence), and the seconds that lie between the first time and the second at least:
# resolvers remember a failure for a while. Read by extensions.second_pass.
SECOND_PASS = True
SECOND_PASS_AFTER = 60.0

# --- Where things are --------------------------------------------------------

# The folder of the crawl in progress; naming one that holds an ips.db resumes it.
# Read by extensions.job.
JOBDIR = "crawls/current"
# Finished crawls go here, as ips-<run>.db. Read by extensions.publishing.
OUTPUT_DIR = "crawls"
# What a finished crawl is written as: csv, parquet, summary, report. Read by
# extensions.publishing.
EXPORTS = "csv"
# The database that summaries of all crawls go to, as a URL of SQLAlchemy; a crawl
# goes from there to the one that a website reads by `scrapy promote`. Read by
# extensions.publishing and the commands export, promote and serve.
SUMMARY_URL = "sqlite:///crawls/matrix.db"
LIVE_URL = ""
# Where the website keeps its own copy of the summaries. Empty: in `read-model` below OUTPUT_DIR.
# Read by the command serve.
READ_MODEL_DIR = ""
# Where the website listens: address or name, and port; 0 means any free one. Only
# this machine, for a server in front of it speaks HTTPS to the world. Read by the
# command serve.
WEB_HOST = "127.0.0.1"
WEB_PORT = 8000
# The website's public address, such as https://www.example.org: link previews name it. Empty:
# pages name no address of their own. Read by the command serve.
WEB_URL = ""
# The port, on 127.0.0.1, at which Prometheus reads metrics of a crawl; 0 means none. Read by
# extensions.metrics.
METRICS_PORT = 0
# GeoLite2 files or others of the same form (mmdb). Empty: those of GEOIP_DIR; without
# any, the metric geoip is refused at the start. Read by ipv6matrix.geoip.
GEOIP_CITY_DB = ""
GEOIP_ASN_DB = ""
# Domains and networks that are never asked, one a line. Read by ipv6matrix.plan.
OPTOUT_FILE = ""

# Lists that are fetched, majestic and tranco, are kept here; a supplemental.txt in it is
# read after them. Read by ipv6matrix.downloads.rankings and extensions.preflight.
LISTS_DIR = "crawls/lists"
# Where they come from; Tranco's id names the list of a day for good. Mirrors may be named.
MAJESTIC_URL = "https://downloads.majestic.com/majestic_million.csv"
TRANCO_URL = "https://tranco-list.eu/top-1m.csv.zip"
TRANCO_ID_URL = "https://tranco-list.eu/top-1m-id"
# Fewer domains than that in such a list mean that something went wrong where it is made.
LIST_MIN_DOMAINS = 100_000
# city.mmdb and asn.mmdb in it serve when the settings above are empty; `scrapy geoip
# update` writes them. Read by ipv6matrix.geoip and ipv6matrix.downloads.geoip.
GEOIP_DIR = "crawls/geoip"
# An account at MaxMind, and a file that holds its licence key, so that no list of processes
# shows it; empty: the free files of DB-IP. Read by ipv6matrix.downloads.geoip, as are the
# addresses of both.
GEOIP_ACCOUNT_ID = ""
GEOIP_LICENSE_KEY_FILE = ""
MAXMIND_URL = "https://download.maxmind.com/geoip/databases"
DBIP_URL = "https://download.db-ip.com/free"

# --- DNS ---------------------------------------------------------------------

# Comma-separated address or address:port; empty means those of /etc/resolv.conf.
# Read by handlers.dns, extensions.preflight and extensions.run_record.
NAMESERVERS = ""
# Seconds to wait for one reply, and for all tries of one question together.
QUERY_TIMEOUT = 2.0
QUERY_LIFETIME = 5.0

# --- Probes ------------------------------------------------------------------

# Echo Requests per address and the seconds between them. Read by handlers.ping.
PING_COUNT = 5
PING_INTERVAL = 0.2
# Seconds to wait for each Echo Reply; a later reply counts as lost. 2 s keeps the
# tail of satellite paths.
PING_TIMEOUT = 2.0
# Seconds to wait for a handshake. Read by handlers.tcp.
TCP_TIMEOUT = 2.0
# Seconds for a whole SMTP session, the server's greeting delay included.
SMTP_TIMEOUT = 10.0
# Read by handlers.trace: the last TTL that is tried, seconds to wait for each
# answer, and silent hops in a row after which a trace gives up.
TRACE_MAX_TTL = 30
TRACE_TIMEOUT = 2
TRACE_GAP_LIMIT = 5
# Source addresses of probes; empty means by the routing table. Read by
# extensions.preflight and the handlers of ping, tcp and trace.
LOCAL_IPV4 = ""
LOCAL_IPV6 = ""

# --- Politeness --------------------------------------------------------------

# Probe packets per second, over all and towards each IPv4 /24 and IPv6 /48;
# 0 means no limit. Read by middlewares.rate.
PROBE_RATE = 2000
PROBE_RATE_PER_NETWORK = 50
# Queries per second to the resolvers; 0 means no limit.
QUERY_RATE = 0
# Comma-separated prefixes that may be probed although they are not globally
# reachable. Read by ipv6matrix.plan. Empty on the real Internet.
PROBE_ALLOWED_NETWORKS = ""
# Who answers for this crawl: a mail or web address. Part of EHLO.
# Read by handlers.tcp.
CONTACT = ""
# What to do when something needed is not there (a route, mtr-packet, ping
# permission, GeoIP): `stop`, or `skip` what needs it. Read by extensions.preflight.
MISSING = "stop"

# --- Concurrency -------------------------------------------------------------

# Requests in flight per slot. Read by the frontier.
DNS_CONCURRENCY = 200
PING_CONCURRENCY = 400
TCP_CONCURRENCY = 400
TRACE_CONCURRENCY = 800
# Processes of mtr-packet that share the traces. Read by handlers.trace.
TRACE_PROCESSES = 4
# Seconds between commits: what a kill can make the crawl ask again. Read by
# extensions.job.
COMMIT_INTERVAL = 1.0

# --- Scrapy: components ------------------------------------------------------

SCHEDULER = "ipv6matrix.frontier.Frontier"

DOWNLOAD_HANDLERS = {
    "dns": "ipv6matrix.handlers.dns.DnsDownloadHandler",
    "ping": "ipv6matrix.handlers.ping.PingDownloadHandler",
    "tcp": "ipv6matrix.handlers.tcp.TcpDownloadHandler",
    "trace": "ipv6matrix.handlers.trace.TraceDownloadHandler",
}

# Scrapy's own are for HTTP only; None switches them off.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    # What may not be asked goes before what is asked once, and that before the
    # rates: a refused or spared question takes no place in them.
    "ipv6matrix.middlewares.optout.OptOutMiddleware": 100,
    "ipv6matrix.middlewares.forbidden.ForbiddenAddressMiddleware": 200,
    "ipv6matrix.middlewares.once.OnceMiddleware": 300,
    "ipv6matrix.middlewares.rate.RateMiddleware": 400,
    # Next to the handlers: it sees what was sent, and every answer first.
    "ipv6matrix.middlewares.health.HealthMiddleware": 500,
}

SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
    "ipv6matrix.middlewares.feed.FeedMiddleware": 100,
}

# Only what is valid is stored, and only what is new is located and classified.
ITEM_PIPELINES = {
    "ipv6matrix.pipelines.validate.ValidatePipeline": 100,
    "ipv6matrix.pipelines.dedup.DedupPipeline": 200,
    "ipv6matrix.pipelines.locate.LocatePipeline": 300,
    "ipv6matrix.pipelines.classify.ClassifyPipeline": 400,
    "ipv6matrix.pipelines.store.StorePipeline": 500,
}

# The job comes before those that keep their records in it. At the end, too, this
# order holds: what is published is moved before the job frees its folder.
EXTENSIONS = {
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.corestats.CoreStats": 0,
    "ipv6matrix.extensions.publishing.Publishing": 50,
    "ipv6matrix.extensions.job.Job": 100,
    "ipv6matrix.extensions.metrics.Metrics": 150,
    "ipv6matrix.extensions.preflight.Preflight": 200,
    "ipv6matrix.extensions.run_record.RunRecord": 300,
    "ipv6matrix.extensions.loop_lag.LoopLag": 400,
    "ipv6matrix.extensions.garbage.Garbage": 450,
    "ipv6matrix.extensions.health.Health": 455,
    "ipv6matrix.extensions.clean_stop.CleanStop": 460,
    "ipv6matrix.extensions.progress.Progress": 500,
    "ipv6matrix.extensions.second_pass.SecondPass": 600,
}

# --- Scrapy: how it runs -----------------------------------------------------

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
# Both families for the lists that are fetched over HTTP.
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"
# The frontier hands out what a slot has room for; Scrapy's own limits stand aside.
CONCURRENT_REQUESTS = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 100_000
DOWNLOAD_DELAY = 0
# Seconds of silence after which a download of a list or GeoIP file is tried again.
DOWNLOAD_TIMEOUT = 30
# One item a response: more workers would only be more tasks.
CONCURRENT_ITEMS = 1
ROBOTSTXT_OBEY = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
LOG_FORMATTER = "ipv6matrix.log.QuietLogFormatter"
