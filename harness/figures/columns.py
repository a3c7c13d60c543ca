"""All figures of a run, group column by group column: what a report and a dashboard show of groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.figures.families import Columns, Family, Whole, read_families
from harness.figures.figure import Figure
from harness.figures.forest import forest
from harness.figures.funnel import funnel
from harness.figures.impact import RATIO, impact_table
from harness.figures.pairs import pair_matrix
from harness.figures.rules import Link, links_of
from harness.figures.sentences import sentence_of
from harness.records import (
    DatasetRef,
    Finding,
    Measurements,
    Message,
    slice_name,
)
from harness.wording.language import measure_words, without_group
from harness.wording.messages import t
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.stats import Read


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """What is drawn of one group column of one data set.

    Attributes:
        dataset: Name of the data set.
        columns: The column; several for cells of several columns.
        sentences: Every judged worst-group measure with its finding, worst first.
        figures: Those that a rule bears on first, then impact-ratio tables, then the others.
        n_first: How many of them are not others; a reader sees these at once.
    """

    dataset: str
    columns: Columns
    sentences: tuple[tuple[Finding, Message], ...]
    figures: tuple[Figure, ...]
    n_first: int


class _Pairs(NamedTuple):
    """Which pairs of groups are drawn, and where their evidence is read."""

    read: Read | None
    is_short: bool

    def of(self, links: Sequence[Link]) -> list[Link]:
        """Return the estimates whose pairs are drawn: what a rule judged, else the first difference."""
        judged = [(link, link.whole.finding) for link in links if link.whole.finding]
        if self.is_short:
            return [link for link, one in judged if one.outcome not in ("passed", "not-applicable")]
        differences = [link for link in links if link.worst.kind == "difference"]
        return [link for link, _ in judged] or differences[:1]


def group_figures(
    measurements: Measurements,
    findings: Sequence[Finding],
    datasets: Sequence[DatasetRef],
    *,
    read: Read | None = None,
    is_short: bool = False,
) -> list[GroupFigures]:
    """Return the figures of every group column, the one with the worst finding first.

    The same measurements give the same bytes. What a measurement does not show (a small cell that was
    suppressed) no figure shows.

    Args:
        measurements: What was measured.
        findings: What was judged of it, worst first.
        datasets: Say which columns hold groups.
        read: Loads evidence that lies in a file of the bundle; without it, pairs of many clusters
            are not drawn.
        is_short: Draw pairs of groups only where a rule that judged them is not met.
    """
    families, wholes = read_families(measurements, findings, datasets)
    places = dict.fromkeys(
        [(one.dataset, one.columns) for one in families]
        + [(one.dataset, one.columns) for one in wholes]
    )
    found = [
        _of_column((data, columns), families, wholes, findings, _Pairs(read, is_short))
        for data, columns in places
    ]
    found.sort(key=lambda one: (len(one.columns), _rank(one, findings)))
    return [one for one in found if one.figures or one.sentences]


def _rank(one: GroupFigures, findings: Sequence[Finding]) -> int:
    return findings.index(one.sentences[0][0]) if one.sentences else len(findings)


def _of_column(
    place: tuple[str, Columns],
    families: Sequence[Family],
    wholes: Sequence[Whole],
    findings: Sequence[Finding],
    pairs: _Pairs,
) -> GroupFigures:
    dataset, columns = place
    own = [one for one in families if (one.dataset, one.columns) == (dataset, columns)]
    here = [one for one in wholes if (one.dataset, one.columns) == (dataset, columns)]
    judged: list[Figure] = []
    tables: list[Figure] = []
    others: list[Figure] = []
    for family, links in zip(own, links_of(own, here), strict=True):
        drawn = list(_figures(family, links, own, pairs))
        is_judged = any(link.whole.finding for link in links)
        for one in drawn:
            kind = tables if one.kind == "impact-ratio" else judged if is_judged else others
            kind.append(one)
    said = [
        (one.finding, sentence)
        for one in here
        if one.finding and (sentence := sentence_of(one, own))
    ]
    said.sort(key=lambda pair: findings.index(pair[0]))
    return GroupFigures(
        dataset, columns, tuple(said), (*judged, *tables, *others), len(judged) + len(tables)
    )


def _figures(
    family: Family, links: Sequence[Link], own: Sequence[Family], drawn: _Pairs
) -> Iterator[Figure]:
    where = {"columns": _name(" × ".join(family.columns)), "data": _name(family.dataset)}
    key = f"{family.key}@{family.dataset}[{_slice(family)}]"
    if family.key == RATIO:
        table = impact_table(family, own, title=t("impact.title", **where), key=key)
        if table is not None:
            yield table
        return
    if sum(one.is_group for one in family.members) < 2:
        return
    title = _name(without_group(family.title.replace(" by group", "")))
    yield forest(family, links, title=t("figure.on", title=title, **where), key=key)
    for link in drawn.of(links):
        m = link.whole.measurement
        name = _name(measure_words(link.whole.measure)[0] if link.whole.measure else m.measure)
        pairs = pair_matrix(
            link, title=t("pairs.title", title=name, **where), key=m.key, read=drawn.read
        )
        if pairs is not None:
            yield pairs
    many = funnel(family, title=t("funnel.title", title=title, **where), key=f"funnel:{key}")
    if many is not None:
        yield many


def _slice(family: Family) -> str:
    return slice_name(dict.fromkeys(family.columns, "*") | dict(family.rest))


def _name(text: str) -> str:
    return one_line(text, NAME_LIMIT)
