"""``assay mitigate``: what can be done about a difference between groups, and what it costs."""

from harness.commands.mitigation.carrying import Comparison, Order, mitigate
from harness.commands.mitigation.offers import Offers, offers_for
from harness.commands.mitigation.screen import (
    comparison_data,
    offers_data,
    render_comparison,
    render_offers,
    write_comparison,
)
from harness.commands.mitigation.subject import open_subject

__all__ = [
    "Comparison",
    "Offers",
    "Order",
    "comparison_data",
    "mitigate",
    "offers_data",
    "offers_for",
    "open_subject",
    "render_comparison",
    "render_offers",
    "write_comparison",
]
