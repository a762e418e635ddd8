"""
A simulated Internet of Linux network namespaces, for both families.

    vantage ══10 ms══ r1 ── r2 ── r3 ── r4 ── r5 ──────── near
                      │          (mute)  ║ │    ├───────── short6   IPv6 leaves at r4: one hop fewer
                   resolver              ║ ├────┼─ ─ ─ ─ ┘
                                         ║ │    ├───────── long6    IPv6 passes r7: one hop more
                                         ║ │    ├─ r7 ─ ─ ┘
                                         ║ │    └───────── slow6    IPv6 leaves at r4, and takes 200 ms more
                                         ║ └═200 ms══════ ┘
                                         ╚15 ms══ r6 ───── far

The process that uses it becomes the vantage point (`namespaces.enter`). The
links drawn double are delayed by a forwarder (`forwarder`). Servers answer for
whole prefixes: the block of an address (`blocks`) determines what it does, the
zone of a name (`zones`) what it resolves to. `truth` computes from both what a
crawler should learn, and never queries the running Internet.
"""
