"""
Our probes next to well-known tools, in the same simulated Internet: `make bench-peers`.

dnsperf for lookups, fping for Echo Requests, scamper for traces. Each pair runs in
turns with the same subjects and the same limit (queries outstanding, packets per
second), and the results are compared as well.
"""
