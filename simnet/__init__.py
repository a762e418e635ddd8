"""
A simulated Internet of Linux network namespaces, for both families.

    vantage ══10 ms══ r1 ── r2 ── r3 ── r4 ── r5 ──────── near
                      │          (mute)  ║ │    ├───────── short6   IPv6 leaves at r4: one hop fewer
                   resolver              ║ └────┼─ ─ ─ ─ ┘
                                         ║      ├───────── long6    IPv6 passes r7: one hop more
                                         ║      └─ r7 ─ ─ ┘
                                         ╚15 ms══ r6 ───── far

The process that uses it becomes the vantage point (`namespaces.enter`); the
links drawn double are delayed by a forwarder of ours (`forwarder`). Servers
answer for whole prefixes; what an address does follows from its block
(`blocks`), what a name answers from its zone (`zones`), and what a crawler
should learn from both from `truth`, which never asks the running Internet.
"""
