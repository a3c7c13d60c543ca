"""``assay mitigate``: what can be done about a difference between groups or about leakage, and what it costs."""

from harness.commands.mitigation.carrying import mitigate
from harness.commands.mitigation.comparison import Comparison, Order
from harness.commands.mitigation.offering import offers_data, render_offers
from harness.commands.mitigation.offers import Offers, offers_for, offers_of
from harness.commands.mitigation.pages import write_comparison
from harness.commands.mitigation.screen import comparison_data, render_comparison
from harness.commands.mitigation.subject import open_subject

__all__ = [
    "Comparison",
    "Offers",
    "Order",
    "comparison_data",
    "mitigate",
    "offers_data",
    "offers_for",
    "offers_of",
    "open_subject",
    "render_comparison",
    "render_offers",
    "write_comparison",
]
