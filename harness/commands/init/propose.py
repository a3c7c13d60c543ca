"""From the look of the columns to a proposal: which is the text, which the label, which the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.commands.init.columns import Column, is_share
from harness.commands.init.language import followed
from harness.data.preview import Preview
from harness.errors import DataError

_MAX_CLASSES = 200
_MAX_NAMED = 2000
"""Values of a column that is called label: it may hold more than one that only looks like labels."""
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
    "评论",
    "句子",
    "正文",
)
_LABEL = (
    "label", "labels", "class", "category", "intent", "target", "toxic", "sentiment", "outcome", "y",
    "标签", "类别", "分类", "结果",
)  # fmt: skip
_ID = ("id", "uuid", "key", "index", "rev_id", "编号", "序号")
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
    "用户",
    "客户",
    "作者",
    "模板",
)
_GROUP = (
    "gender", "sex", "race", "ethnicity", "religion", "age", "region", "country", "language", "nationality",
    "disability", "group", "identity", "topic", "channel", "dialect", "性别", "地区", "民族", "年龄", "宗教",
    "国籍", "方言", "话题", "主题", "渠道",
)  # fmt: skip
_RATIONALE = ("rationale", "rationales", "spans", "highlights", "marked", "依据", "理由")
_SPLIT = ("split", "fold", "partition", "划分")
_DECISION = ("prediction", "predicted", "decision", "pred", "output", "预测", "判定")
_SCORE = ("score", "scores", "probability", "prob", "proba", "p", "得分", "分数", "概率")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the columns seem to be.

    Attributes:
        text: Column name; None for stored predictions about rows that hold no text. The prompt,
            where a language model is to be asked.
        label: Column name; empty where nothing is decided.
        classes: Class names in the order of their ids.
        groups: Columns of sensitive features.
        separators: Group column → what stands between several groups of one cell.
        id, cluster, rationale: Column names, or None.
        scores, decision: Columns of stored predictions, when the table holds some.
        others: Columns without a role.
        doubts: What a person should look at before trusting the proposal.
    """

    text: str | None
    label: str
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    id: str | None
    cluster: str | None
    scores: tuple[str, ...]
    decision: str | None
    others: tuple[str, ...]
    doubts: tuple[str, ...]
    separators: Mapping[str, str] = field(default_factory=dict)
    rationale: str | None = None
    completion: str | None = None

    @property
    def is_written(self) -> bool:
        """Whether rows are prompts and what should follow, for a language model."""
        return self.completion is not None


def propose(
    columns: Sequence[Column], *, text: str | None = None, label: str | None = None
) -> Proposal:
    """Propose roles; ``text`` and ``label`` may be given.

    Raises:
        DataError: If there is no column that could be the text and none of stored predictions, or
            none that could be the label.
    """
    doubts: list[str] = []
    written = followed(columns) if text is None and label is None else None
    if written is not None:
        return _written(columns, *written)
    chosen_text = _given(columns, text, "--text") or _prose(columns)
    if chosen_text is None and not _has_predictions(columns, label):
        chosen_text = _text(columns)
    rest = [one for one in columns if one is not chosen_text]
    chosen_label = _given(rest, label, "--label") or _label(rest, doubts)
    rest = [one for one in rest if one is not chosen_label]
    classes = _class_order(chosen_label)
    scores, decision = _stored(rest, classes)
    rest = [one for one in rest if one.name not in (*scores, decision)]
    spoilt = _spoilt(rest, classes)
    doubts += spoilt.values()
    if chosen_text is None:
        doubts.append("No column holds texts, so what reads texts is not measured; or use --text.")
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
    rationale = next((one.name for one in rest if _is_rationale(one)), None)
    groups = tuple(
        one.name
        for one in rest
        if one.name not in (id, cluster, rationale, *spoilt) and _is_group(one, doubts)
    )
    used = {id, cluster, rationale, *groups}
    return Proposal(
        text=None if chosen_text is None else chosen_text.name,
        label=chosen_label.name,
        classes=classes,
        groups=groups,
        id=id,
        cluster=cluster,
        scores=scores,
        decision=decision,
        others=tuple(one.name for one in rest if one.name not in used),
        doubts=tuple(doubts),
        separators={
            one.name: one.separator
            for one in rest
            if one.name in groups and one.separator is not None
        },
        rationale=rationale,
    )


def _written(columns: Sequence[Column], prompt: Column, completion: Column) -> Proposal:
    """Propose a task for a language model: how likely it is that the one follows the other."""
    doubt = (
        f"{prompt.name!r} was taken as a prompt and {completion.name!r} as what should follow. For a "
        "classifier name --text and --label."
    )
    doubts = [doubt]
    rest = [one for one in columns if one is not prompt and one is not completion]
    id = next((one.name for one in rest if one.is_unique and one.is_called(*_ID)), None)
    groups = tuple(one.name for one in rest if one.name != id and _is_group(one, doubts))
    return Proposal(
        text=prompt.name,
        label="",
        classes=(),
        groups=groups,
        id=id,
        cluster=None,
        scores=(),
        decision=None,
        others=tuple(one.name for one in rest if one.name not in (id, *groups)),
        doubts=tuple(doubts),
        separators={
            one.name: one.separator
            for one in rest
            if one.name in groups and one.separator is not None
        },
        completion=completion.name,
    )


def turned(found: Proposal, table: Preview) -> Proposal:
    """Return the proposal with class 1 being the one that a single column of scores speaks for.

    Class names do not say which of the two a score belongs to; the rows do. Classes that are
    numbers keep their order.
    """
    if len(found.scores) != 1 or len(found.classes) != 2 or found.classes == ("0", "1"):
        return found
    sums, counts = dict.fromkeys(found.classes, 0.0), dict.fromkeys(found.classes, 0)
    pairs = zip(table.columns[found.label], table.columns[found.scores[0]], strict=True)
    for label, score in pairs:
        if label in sums and score is not None:
            sums[label] += float(score)
            counts[label] += 1
    low, high = sorted(found.classes, key=lambda one: sums[one] / max(counts[one], 1))
    doubt = (
        f"{found.scores[0]!r} was taken as the probability of {high!r}, because it is higher on rows "
        "with that label. Check the order of task.labels."
    )
    return replace(found, classes=(low, high), doubts=(*found.doubts, doubt))


def _given(columns: Sequence[Column], name: str | None, option: str) -> Column | None:
    if name is None:
        return None
    for one in columns:
        if one.name == name:
            return one
    raise DataError(
        f"{option} must name a column, got {name!r}. The columns are: {', '.join(c.name for c in columns)}."
    )


def _prose(columns: Sequence[Column]) -> Column | None:
    """Return the column that is a text by its name, or by how its values look; None for neither."""
    words = [one for one in columns if not one.is_numeric and one.n_distinct > 1]
    named = [one for one in words if one.is_called(*_TEXT)]
    long = [one for one in words if one.is_prose and one.n_distinct > _MAX_GROUPS]
    return max(named or long, key=lambda one: one.mean_length, default=None)


def _text(columns: Sequence[Column]) -> Column:
    words = [one for one in columns if not one.is_numeric and one.n_distinct > 1]
    if not words:
        raise DataError("FILE must have a column of texts, got none. Name it with --text.")
    return max(words, key=lambda one: one.mean_length)


def _has_predictions(columns: Sequence[Column], label: str | None) -> bool:
    try:
        chosen = _given(columns, label, "--label") or _label(columns, [])
    except DataError:
        return False
    rest = [one for one in columns if one is not chosen]
    return _stored(rest, _class_order(chosen)) != ((), None)


def _label(columns: Sequence[Column], doubts: list[str]) -> Column:
    able = [
        one
        for one in columns
        if 2 <= one.n_distinct <= (_MAX_NAMED if one.is_called(*_LABEL) else _MAX_CLASSES)
        and not one.is_unique
        and not _is_fractional(one)
    ]
    named = [one for one in able if one.is_called(*_LABEL)]
    if not able:
        raise DataError(
            f"FILE must have a column of labels with 2 to {_MAX_CLASSES} values, got none. Name it with --label. "
            "For a language model write assay.yaml by hand: task: {kind: text-generation}, and "
            "data.train with text, or with prompt and completion."
        )
    if named:
        return named[0]
    free = [one for one in able if not one.is_called(*_ID, *_GROUP, *_CLUSTER, *_SPLIT, *_DECISION)]
    chosen = (free or able)[-1]
    unable = next((one for one in columns if one.is_called(*_LABEL)), None)
    doubts.append(f"{_why_not(unable)}; {chosen.name!r} was taken. Check task.labels.")
    return chosen


def _why_not(unable: Column | None) -> str:
    if unable is None:
        return "No column is called label"
    n = "one value only" if unable.n_distinct == 1 else f"{unable.n_distinct:,} different values"
    return f"{unable.name!r} holds {n} and cannot be the label"


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


def _spoilt(columns: Sequence[Column], classes: tuple[str, ...]) -> dict[str, str]:
    """Return columns that are stored predictions but for some values → what to say about them.

    A verdict about a model that was trained instead must not be taken for one about these.
    """
    said = {}
    for one in columns:
        if one.is_called(*_SCORE):
            bad, wanted = [value for value in one.values if not is_share(value)], "from 0 to 1"
        elif one.is_called(*_DECISION):
            bad, wanted = [value for value in one.values if value not in classes], "a class"
        else:
            continue
        if 0 < len(bad) < one.n_distinct and (len(bad) <= 2 or 2 * len(bad) <= one.n_distinct):
            said[one.name] = (
                f"{one.name!r} was not taken as stored predictions, because values must be {wanted}, "
                f"got {bad[0][:40]!r}. Mend the column and repeat, if it is what shall be judged."
            )
    return said


def _is_rationale(one: Column) -> bool:
    """Return whether a column has the name of a rationale and its cells are lists."""
    lists = [value for value in one.values if value.startswith("[") and value.endswith("]")]
    return one.is_called(*_RATIONALE) and 2 * len(lists) > one.n_distinct


def _is_group(one: Column, doubts: list[str]) -> bool:
    if not 2 <= one.n_groups <= _MAX_GROUPS or one.is_called(*_SPLIT):
        return False
    if one.separator is not None:
        doubts.append(
            f"Cells of {one.name!r} seem to hold several groups with {one.separator!r} between them. "
            "Remove the separator if they do not."
        )
    if one.is_called(*_GROUP):
        return True
    if not one.is_numeric:
        doubts.append(
            f"{one.name!r} was taken as a group column because it has {one.n_groups} values. Remove it if it is none."
        )
        return True
    return False
