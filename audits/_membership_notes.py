"""What ``membership`` says beside its values, and why there is none."""

from __future__ import annotations

from harness.records import Estimate, Message

BLIND_LIMIT = 0.55
"""An attack without the model that does better than this says that two data sets differ."""

LEAST_ROWS = 1000
"""Rows on each side from which a blind attack of 0.55 can be told from chance with ease."""


def no_members() -> Message:
    """Say that nobody knows which rows were learnt."""
    return Message.of(
        "membership.no-members",
        "Not measured: which rows were in the training data is not known. Name the training rows "
        "(data.train), or the column of the test table that says it (member).",
    )


def no_validation() -> Message:
    """Say that the validation rows that were asked for are not there."""
    return Message.of(
        "membership.no-validation",
        "Not measured: the run has no validation rows. Set audits.membership.others to test.",
    )


def unread_member(n: int) -> Message:
    """Say that the member column holds other words than it may."""
    return Message.of(
        "membership.member-column",
        "Not measured: in {n} rows the column member is neither yes, true or 1 nor no, false or 0.",
        n=n,
    )


def no_labels() -> Message:
    """Say that classifiers need labels."""
    return Message.of(
        "membership.no-labels",
        "Not measured: the signals of a model that decides need the labels of members and others.",
    )


def no_model() -> Message:
    """Say that the model cannot be asked."""
    return Message.of(
        "membership.no-model",
        "Not measured: the run has no model that could be asked about members and others.",
    )


def too_few(n_members: int, n_others: int, *, least: int) -> Message:
    """Say that one side has too few rows."""
    return Message.of(
        "membership.too-few-rows",
        "Not measured: without copies there are {n_members} members and {n_others} other rows; an attack "
        "without the model can be tried with {least} of each.",
        n_members=n_members,
        n_others=n_others,
        least=least,
    )


def told_apart(auc: float) -> Message:
    """Say that an attack without the model succeeds."""
    return Message.of(
        "membership.told-apart",
        "Not measured: an attack that never sees the model tells members from other rows (area "
        "{auc:.3f}, limit {limit}), by words, length, date or the loss of the model before fine-tuning. They do "
        "not come from one random split, so whatever an attack finds may be that difference.",
        auc=auc,
        limit=BLIND_LIMIT,
    )


def undecided(auc: float, n: int) -> Message:
    """Say that too few rows leave open whether an attack without the model succeeds."""
    return Message.of(
        "membership.undecided",
        "Not measured: an attack that never sees the model reaches an area of {auc:.3f}, above the limit of "
        "{limit}. With {n} rows that may be chance; with {least} members and as many others it would be told "
        "from it.",
        auc=auc,
        limit=BLIND_LIMIT,
        n=n,
        least=LEAST_ROWS,
    )


def blind_warning(blind: Estimate) -> tuple[Message, ...]:
    """Return the caveat of a blind attack that is better than chance, if only a little."""
    if blind.low is None or blind.low <= 0.5 or blind.value is None:
        return ()
    return (
        Message.of(
            "membership.blind-above-chance",
            "An attack that never sees the model is better than chance (area {auc:.3f}): part of what is "
            "found is a difference between two data sets. Read the difference to it.",
            auc=blind.value,
        ),
    )


def few_rows(n_members: int, n_others: int) -> tuple[Message, ...]:
    """Return the caveat of fewer rows than the blind attack should have."""
    if min(n_members, n_others) >= LEAST_ROWS:
        return ()
    return (
        Message.of(
            "membership.few-rows",
            "{n_members} members and {n_others} other rows: with fewer than {least} of each, neither attack "
            "is known well.",
            n_members=n_members,
            n_others=n_others,
            least=LEAST_ROWS,
        ),
    )


def copies(n_members: int, n_others: int) -> tuple[Message, ...]:
    """Return the caveat of rows that were left out because they stand on both sides, or twice."""
    if not n_members and not n_others:
        return ()
    return (
        Message.of(
            "membership.copies",
            "Left out: {n_members} members and {n_others} other rows that nearly stand on the other side, or "
            "more than once.",
            n_members=n_members,
            n_others=n_others,
        ),
    )


def unscored(n: int) -> tuple[Message, ...]:
    """Return the caveat of rows of which nothing is scored."""
    if not n:
        return ()
    return (
        Message.of(
            "membership.unscored", "Left out: {n} rows without a single token to score.", n=n
        ),
    )


def not_trained_here() -> Message:
    """Say that nobody checked what the model learnt from."""
    return Message.of(
        "membership.not-trained-here",
        "That the model has learnt from these members is what the config says and nobody checked.",
    )


def headline(name: str) -> Message:
    """Say which signal a value is of."""
    return Message.of("membership.signal", "The signal is {name}.", name=name)


def false_alarms(found: Estimate) -> tuple[Message, ...]:
    """Say what the threshold lets through of the rows that it was not chosen on."""
    if found.value is None or found.low is None or found.high is None:
        return ()
    return (
        Message.of(
            "membership.false-alarms",
            "The threshold was chosen on one half of the other rows. Of the other half, {share:.4f} "
            "({low:.4f} to {high:.4f}) of {n} lie above it.",
            share=found.value,
            low=found.low,
            high=found.high,
            n=found.n,
        ),
    )


def few_others(limit: float, least: int, n: int, *, are_clusters: bool) -> Message:
    """Say how many non-members a rate takes."""
    return Message.of(
        "membership.too-few-others",
        "Not measured: at most {limit} false alarms take {least} {units} that are no members, and there are "
        "{n}. With fewer the rate is noise, and too high on average.",
        limit=limit,
        least=least,
        units="clusters" if are_clusters else "rows",
        n=n,
    )


def no_clusters() -> Message:
    """Say that nothing tells whose rows belong together."""
    return Message.of(
        "membership.no-clusters",
        "Not measured: no cluster column says that several rows belong to one person or document; rows "
        "are the units.",
    )


def no_subjects(n_both: int) -> Message:
    """Say that too few clusters stand on one side only."""
    return Message.of(
        "membership.no-subjects",
        "Not measured: too few clusters stand on one side only; {n_both} stand on both.",
        n_both=n_both,
    )


def no_reference() -> Message:
    """Say that the model before fine-tuning is not there."""
    return Message.of(
        "membership.no-reference",
        "Not measured: what the model was fine-tuned from is not known or not there. Name it "
        "(model.reference); if there was nothing, set audits.membership.headline to loss.",
    )


def other_tokens() -> Message:
    """Say that the reference reads other tokens."""
    return Message.of(
        "membership.other-tokens",
        "Not measured: what the model was fine-tuned from cuts texts into other tokens.",
    )


def no_shadows() -> Message:
    """Say that no shadow models are there."""
    return Message.of(
        "membership.no-shadows",
        "Not measured: no models without these rows are there. Name folders of models that were trained in "
        "the same way on other rows (audits.membership.shadows).",
    )


def heads_only() -> Message:
    """Say what shadow heads cannot see."""
    return Message.of(
        "membership.heads-only",
        "The shadows are last layers on the features of this model. What training left in the features "
        "themselves they do not see: a lower end where more than the last layer was trained.",
    )


def taken_for_out(n: int) -> Message:
    """Say that nobody checked what shadows learnt from."""
    return Message.of(
        "membership.taken-for-out",
        "{n} shadow models are taken to have seen none of these rows; nobody checked it.",
        n=n,
    )
