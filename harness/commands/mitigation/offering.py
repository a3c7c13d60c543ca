"""What ``assay mitigate RUN`` offers: as text for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.exports.tables import one_line, wrapped

if TYPE_CHECKING:
    from harness.commands.mitigation.method import Against
    from harness.commands.mitigation.offers import Offer, Offers

_ABOUT = {"differences": "groups", "leakage": "leakage of training rows"}
_TITLES = {
    "differences": "Against differences between groups, the gentlest first:",
    "leakage": "Against leakage of training rows, the cheapest first:",
}


def offers_data(offers: Offers) -> dict[str, Any]:
    """Return the offers for ``--json``."""
    return {
        "schema_version": "modelassay/mitigation-offers/v1",
        "run": offers.run,
        "name": offers.name,
        "model": {"name": offers.model, "kind": offers.kind},
        "groups": offers.groups,
        "concerns": [asdict(one) for one in offers.concerns],
        "methods": [
            {
                "id": one.method.id,
                "title": one.method.title,
                "cost": one.method.cost,
                "against": one.method.against,
                "needs_group_to_decide": one.method.needs_group,
                "is_offered": not one.why_not,
                "why_not": list(one.why_not),
                "options": {
                    name: {"default": option.default, "about": option.about}
                    for name, option in one.method.options.items()
                },
            }
            for one in offers.offers
        ],
    }


def render_offers(offers: Offers, width: int) -> str:
    """Return the offers as plain text, ending in a line break."""
    kind = "stored predictions" if offers.kind == "predictions" else f"{offers.kind} model"
    lines = wrapped(f"Run {offers.run}: {one_line(offers.name)}, {kind} {offers.model}", width)
    for column, sets in offers.groups.items():
        where = ", ".join(f"{name} {n} values" for name, n in sets.items())
        lines += wrapped(f"group {one_line(column)}: {where}", width)
    number = 0
    for against in _order(offers):
        own = [one for one in offers.offers if one.method.against == against]
        lines += ["", *_concerns(offers, against, width), "", _TITLES[against]]
        whys = {one.why_not for one in own}
        if len(whys) == 1 and own[0].why_not:
            lines += [
                "",
                *wrapped(f"Not offered: {', '.join(one.method.id for one in own)}", width),
            ]
            lines += [line for why in own[0].why_not for line in wrapped(why, width)]
            continue
        for one in _folded(own):
            number += 1
            lines += ["", *_offer(one, number, width)]
        lines += _combinations(own, width)
    lines += ["", *wrapped("Nothing was run. Carry one out with:", width)]
    lines.append(f"  assay mitigate {offers.run} --method METHOD [--group COLUMN] [--option K=V]")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _order(offers: Offers) -> tuple[Against, ...]:
    """Return what is listed first: what a finding calls for."""
    called = {one.against for one in offers.concerns}
    if called == {"leakage"}:
        return ("leakage", "differences")
    return ("differences", "leakage")


def _folded(offers: Sequence[Offer]) -> list[Offer]:
    """Return the offers that are listed one by one: all but combinations."""
    return [one for one in offers if len(one.method.steps) < 2]


def _offer(one: Offer, number: int, width: int) -> list[str]:
    mark = "" if not one.why_not else "  not offered"
    text = f"{one.method.title}. Cost: {one.method.cost}."
    if one.method.against == "differences":
        text += f" Group to decide: {'needed' if one.method.needs_group else 'not needed'}."
    named = ", ".join(
        f"{name}={'(of the run)' if option.default is None else option.default}"
        for name, option in one.method.options.items()
    )
    lines = [text, *one.why_not, f"Options: {named}"]
    return [
        f"{number}. {one.method.id}{mark}",
        *(f"   {line}" for text in lines for line in wrapped(text, width - 3)),
    ]


def _combinations(offers: Sequence[Offer], width: int) -> list[str]:
    several = [one for one in offers if len(one.method.steps) > 1]
    if not several:
        return []
    able = [one.method.id for one in several if not one.why_not]
    named = ", ".join(able) or "none of them is possible here"
    return ["", *wrapped(f"Together, with the options of each: {named}", width)]


def _concerns(offers: Offers, against: Against, width: int) -> Iterator[str]:
    own = [one for one in offers.concerns if one.against == against]
    if not own:
        yield f"No finding about {_ABOUT[against]} failed or stayed open in the newest gate."
    for one in own:
        yield from wrapped(f"{one.outcome}: {one_line(one.rule)}. {one.because}", width)
