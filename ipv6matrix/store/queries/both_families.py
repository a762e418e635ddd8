"""
Hosts with a chosen address of each family, the basis of comparisons between the families.
"""

from __future__ import annotations

from typing import Final

# One row for each host: its id and name, and the ids of the addresses that represent it.
BOTH: Final = """
    SELECT hosts.id AS host_id, hosts.name AS host, four.address_id AS four_id, six.address_id AS six_id
    FROM host_addresses AS four
    CROSS JOIN host_addresses AS six ON six.host_id = four.host_id AND six.family = 6 AND six.choice = 1
    JOIN hosts ON hosts.id = four.host_id
    WHERE four.family = 4 AND four.choice = 1"""
# Failures that mean that nothing was sent: they say nothing about the host.
UNSENT: Final = "('permission_denied', 'probe_failed', 'unrecorded')"
