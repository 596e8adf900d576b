"""Sales processes: which of an org's stages each one offers.

Which stages belong to a process is not a record of any object; only the UI API tells (api.md 5.6).
"""

from __future__ import annotations

from collections.abc import Iterable

NEW_BUSINESS, RENEWALS, PARTNERS = "New Business", "Renewals", "Partner Sales"

# By the process's name. A process that is not listed offers every stage of its org.
PROCESS_STAGES = {
    NEW_BUSINESS: (
        "Prospecting",
        "Qualification",
        "Needs Analysis",
        "Value Proposition",
        "Proposal/Price Quote",
        "Negotiation/Review",
        "Closed Won",
        "Closed Lost",
    ),
    RENEWALS: (
        "Qualification",
        "Proposal/Price Quote",
        "Negotiation/Review",
        "Closed Won",
        "Closed Lost",
    ),
    PARTNERS: (
        "Prospecting",
        "Id. Decision Makers",
        "Perception Analysis",
        "Proposal/Price Quote",
        "Closed Won",
        "Closed Lost",
    ),
}


def stages_of_process(process_name: str, stages: Iterable[str]) -> tuple[str, ...]:
    """The stages, of those that the org has, that a sales process offers, in the org's order."""
    offered = PROCESS_STAGES.get(process_name)
    return tuple(stage for stage in stages if offered is None or stage in offered)
