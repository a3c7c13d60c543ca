"""From the look of the columns to a proposal: which is the text, which the label, which the groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.commands.init.columns import Column
from harness.errors import DataError

_MAX_CLASSES = 200
_MAX_GROUPS = 20

_TEXT = (
    "text",
    "comment",
    "message",
    "content",
    "sentence",
    "review",
    "body",
    "query",
    "utterance",
    "文本",
    "内容",
)
_LABEL = (
    "label", "labels", "class", "category", "intent", "target", "toxic", "sentiment", "outcome", "y",
    "标签", "类别",
)  # fmt: skip
_ID = ("id", "uuid", "key", "index", "rev_id")
_CLUSTER = (
    "cluster",
    "template",
    "user",
    "customer",
    "author",
    "document",
    "thread",
    "person",
    "skeleton",
)
_GROUP = (
    "gender", "sex", "race", "ethnicity", "religion", "age", "region", "country", "language", "nationality",
    "disability", "group", "identity", "topic", "channel", "dialect", "性别", "地区", "民族", "年龄",
)  # fmt: skip
_SPLIT = ("split", "fold", "partition")
_DECISION = ("prediction", "predicted", "decision", "pred", "output")
_SCORE = ("score", "scores", "probability", "prob", "proba", "p")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the columns seem to be.

    Attributes:
        text, label: Column names.
        classes: Class names in the order of their ids.
        groups: Columns of sensitive features.
        id, cluster: Column names, or None.
        scores, decision: Columns of stored predictions, when the table holds some.
        others: Columns without a role.
        doubts: What a person should look at before trusting the proposal.
    """

    text: str
    label: str
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    id: str | None
    cluster: str | None
    scores: tuple[str, ...]
    decision: str | None
    others: tuple[str, ...]
    doubts: tuple[str, ...]


def propose(
    columns: Sequence[Column], *, text: str | None = None, label: str | None = None
) -> Proposal:
    """Propose roles; ``text`` and ``label`` may be given.

    Raises:
        DataError: If there is no column that could be the text, or none that could be the label.
    """
    doubts: list[str] = []
    chosen_text = _given(columns, text, "--text") or _text(columns)
    rest = [one for one in columns if one is not chosen_text]
    chosen_label = _given(rest, label, "--label") or _label(rest, doubts)
    rest = [one for one in rest if one is not chosen_label]
    classes = _class_order(chosen_label)
    scores, decision = _stored(rest, classes)
    rest = [one for one in rest if one.name not in (*scores, decision)]
    id = next((one.name for one in rest if one.is_unique and one.is_called(*_ID)), None)
    cluster = next(
        (
            one.name
            for one in rest
            if one.name != id
            and one.is_called(*_CLUSTER)
            and not one.is_unique
            and one.n_distinct >= 10
        ),
        None,
    )
    groups = tuple(
        one.name for one in rest if one.name not in (id, cluster) and _is_group(one, doubts)
    )
    used = {id, cluster, *groups}
    return Proposal(
        text=chosen_text.name,
        label=chosen_label.name,
        classes=classes,
        groups=groups,
        id=id,
        cluster=cluster,
        scores=scores,
        decision=decision,
        others=tuple(one.name for one in rest if one.name not in used),
        doubts=tuple(doubts),
    )


def _given(columns: Sequence[Column], name: str | None, option: str) -> Column | None:
    if name is None:
        return None
    for one in columns:
        if one.name == name:
            return one
    raise DataError(
        f"{option} must name a column, got {name!r}. The columns are: {', '.join(c.name for c in columns)}."
    )


def _text(columns: Sequence[Column]) -> Column:
    words = [one for one in columns if not one.is_numeric and one.n_distinct > 1]
    if not words:
        raise DataError("FILE must have a column of texts, got none. Name it with --text.")
    named = [one for one in words if one.is_called(*_TEXT)]
    return max(named or words, key=lambda one: one.mean_length)


def _label(columns: Sequence[Column], doubts: list[str]) -> Column:
    able = [
        one
        for one in columns
        if 2 <= one.n_distinct <= _MAX_CLASSES and not one.is_unique and not _is_fractional(one)
    ]
    named = [one for one in able if one.is_called(*_LABEL)]
    if not able:
        raise DataError(
            f"FILE must have a column of labels with 2 to {_MAX_CLASSES} values, got none. Name it with --label."
        )
    if named:
        return named[0]
    free = [one for one in able if not one.is_called(*_ID, *_GROUP, *_CLUSTER, *_SPLIT, *_DECISION)]
    chosen = (free or able)[-1]
    doubts.append(f"No column is called label; {chosen.name!r} was taken. Check task.labels.")
    return chosen


def _is_fractional(one: Column) -> bool:
    return one.is_numeric and any("." in value and float(value) % 1 for value in one.values)


def _class_order(label: Column) -> tuple[str, ...]:
    if label.is_numeric:
        return tuple(sorted(label.values, key=float))
    return tuple(sorted(label.values))


def _stored(
    columns: Sequence[Column], classes: tuple[str, ...]
) -> tuple[tuple[str, ...], str | None]:
    shares = [one for one in columns if one.is_share and one.is_called(*_SCORE)]
    by_class = []
    for name in classes:
        found = [one for one in shares if one.name.lower().endswith(name.lower())]
        by_class += found[:1]
    if len(by_class) == len(classes) and len({one.name for one in by_class}) == len(classes):
        return tuple(one.name for one in by_class), None
    if len(classes) == 2 and len(shares) == 1:
        return (shares[0].name,), None
    for one in columns:
        if one.is_called(*_DECISION) and set(one.values) <= set(classes):
            return (), one.name
    return (), None


def _is_group(one: Column, doubts: list[str]) -> bool:
    if not 2 <= one.n_distinct <= _MAX_GROUPS or one.is_called(*_SPLIT):
        return False
    if one.is_called(*_GROUP):
        return True
    if not one.is_numeric:
        doubts.append(
            f"{one.name!r} was taken as a group column because it has {one.n_distinct} values. Remove it if it is none."
        )
        return True
    return False
