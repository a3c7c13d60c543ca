"""Sentences about the attributions of single decisions, by message id; part of ``messages.EN``."""

from __future__ import annotations

EXPLAIN: dict[str, str] = {
    # what was decided
    "explain.title": "What the decision rests on",
    "explain.page": "{model}: what the decision rests on",
    "explain.decided": "Decided: {target}, ahead of {runner_up} by {lead} logits",
    "explain.decided-other": (
        "Decided: {decision}; the lead of {target} over {runner_up} is {lead} logits"
    ),
    "explain.decided-text": "Log-probability of what follows: {lead} nats",
    "explain.scores": "Scores",
    "explain.label": "True class",
    "explain.example": "Example",
    "explain.model": "Model",
    "explain.base-value": "base value",
    "explain.lead": "the lead",
    "explain.lead-text": "the log-probability",
    "explain.sum-line": (
        "base value {blank} (every {unit} {absence}) + attributions {total} + not explained "
        "{unexplained} = lead {whole}"
    ),
    "explain.sum-line-text": (
        "base value {blank} (every {unit} {absence}) + attributions {total} + not explained "
        "{unexplained} = log-probability {whole}"
    ),
    "explain.no-base-text": (
        "log-probability {whole}; there is no base value here, and the values need not add up"
    ),
    "explain.no-base": "lead {whole}; there is no base value here, and the values need not add up",
    "explain.absence-mask": "masked",
    "explain.absence-pad": "padded",
    "explain.absence-population": "from the reference population",
    # the drawing
    "explain.bars": "Attributions of {name}, strongest first",
    "explain.bars-about": "{n} parts; their attributions add up to {total} logits.",
    "explain.bars-caption": (
        "Logits that each {unit} adds to the lead. These bars have no interval: they are computed for "
        "this one input and say nothing of others."
    ),
    "explain.bars-caption-text": (
        "Nats that each {unit} adds to the log-probability of what follows. These bars have no interval: they "
        "are computed for this one input and say nothing of others."
    ),
    "explain.bars-reach": "Whiskers: range over {n} seeds.",
    "explain.scale-caption": "One scale for everything on this page: {low} to {high} logits.",
    "explain.cut-caption": "»: longer than the scale.",
    "explain.cut-signs": "A bar that ends in < or > is longer than the scale, which ends at {most} logits.",
    "explain.rest-word.one": "{n} other word",
    "explain.rest-word.other": "{n} other words together",
    "explain.rest-token.one": "{n} other token",
    "explain.rest-token.other": "{n} other tokens together",
    "explain.rest-sentence.one": "{n} other sentence",
    "explain.rest-sentence.other": "{n} other sentences together",
    "explain.special.one": "{n} special token",
    "explain.special.other": "{n} special tokens",
    "explain.unexplained": "not explained",
    "explain.nameless-word": "word",
    "explain.nameless-token": "token",
    "explain.nameless-sentence": "sentence",
    "explain.blank-part": "(blank)",
    "explain.heat": "The text with its attributions; the table says the same",
    "explain.heat-first": "The first text with its attributions; the table says the same",
    "explain.heat-second": "The second text with its attributions; the table says the same",
    "explain.no-text": "(empty text)",
    "explain.legend-sample": "part",
    "explain.legend-plain": "how strongly a part bears on the decision, at most {most}; this method has no sign",
    "explain.legend-for": "+, solid line: speaks for {target}",
    "explain.legend-against": "−, dashed line: speaks for {runner_up}",
    "explain.legend-for-text": "+, solid line: makes what follows likelier",
    "explain.legend-against-text": "−, dashed line: makes what follows less likely",
    "explain.likelier": "likelier",
    "explain.less-likely": "less likely",
    "explain.legend-unsure": "dotted frame, no colour: over seeds its sign is not settled",
    "explain.unread.one": "{n} character that the model did not read:",
    "explain.unread.other": "{n} characters that the model did not read:",
    "explain.not-drawn.one": "{n} more character is not drawn; the JSON holds it",
    "explain.not-drawn.other": "{n} more characters are not drawn; the JSON holds them",
    "explain.numbers": "Numbers of this drawing",
    "explain.position": "Position",
    "explain.part": "Part",
    "explain.value": "Attribution",
    "explain.checked": "By {method}",
    "explain.range": "Range over seeds",
    "explain.n-left-out.one": "{n} further part stands in the JSON and the CSV only.",
    "explain.n-left-out.other": "{n} further parts stand in the JSON and the CSV only.",
    # the method card
    "explain.method": "Method",
    "explain.baseline": "Baseline",
    "explain.no-baseline": "none",
    "explain.target": "Target",
    "explain.target-lead": "logit of {target} minus that of {runner_up}",
    "explain.target-logit": "logit of {target}",
    "explain.target-lead-text": "log-probability of what follows, all its tokens together",
    "explain.target-logit-text": "log-probability of what follows, all its tokens together",
    "explain.spent": "Spent",
    "explain.spent-words": "{gradients} and {forwards}, {precision}",
    "explain.gradients.one": "{n} gradient",
    "explain.gradients.other": "{n} gradients",
    "explain.forwards.one": "{n} forward pass",
    "explain.forwards.other": "{n} forward passes",
    "explain.status": "Status",
    "explain.read": "Read",
    "explain.read-words": "{n} tokens, {special} of them special",
    "explain.status-words": "{status}. {because}",
    "explain.status-converged": "converged",
    "explain.status-unconverged": "not converged",
    "explain.status-nothing-to-attribute": "nothing to attribute",
    "explain.status-not-checked": "nothing promised, nothing checked",
    "explain.distrust": "Drawn without colours. {because}",
    # the cross-check
    "explain.check": "Cross-check",
    "explain.check-words": (
        "{method}, which takes each part away and asks again: of the {n_top} strongest parts of each "
        "method {n_shared} are the same, {n_same_sign} of these with the same sign"
    ),
    "explain.check-words-unsigned": (
        "{method}, which takes each part away and asks again: of the {n_top} strongest parts of each "
        "method {n_shared} are the same; this one has no sign to compare"
    ),
    "explain.check-doubt": "{check}. {low}",
    "explain.check-low": "The two methods differ: do not rely on either alone.",
    # contrast
    "explain.contrast": "Contrast",
    "explain.only-first": "Only in the text: {words}.",
    "explain.only-second": "Only in the other: {words}.",
    "explain.only-nothing": "nothing",
    "explain.only-more": "and {n} more",
    "explain.more-lines": "... the text goes on; --format html shows more of it",
    "explain.first-text": "The text",
    "explain.second-text": "The text it is compared with",
    # what attributions cannot say
    "explain.caveats": "What this does not say",
    "explain.caveat-counterfactual": (
        "That another word would have changed the decision. Ask that directly: --against TEXT."
    ),
    "explain.caveat-certify": (
        "That the model decides for the right reasons, or that one model treats groups better than "
        "another. An explanation can be led astray while the decisions stay the same."
    ),
    "explain.caveat-across-models": (
        "How models compare: floor and ceiling of faithfulness differ from model to model."
    ),
    "explain.caveat-gaps": (
        "That a whole input would be treated the same way: an input with a gap may be unlike anything that "
        "the model has learnt from."
    ),
    "explain.caveat-agree": "That people would give the same reasons.",
    # the section of the report
    "rests.about": (
        "How far attributions of single words can be relied on. Values stand beside their control by random "
        "orders where there is one; alone they say little."
    ),
    "rests.scorecard": "What the attributions are worth",
    "rests.measure": "Measure",
    "rests.value": "Value",
    "rests.interval": "Interval",
    "rests.n": "n",
    "rests.by": "By",
    "rests.blind-line": "{title}: {words}",
    "rests.blind": "What these values are blind to",
    "rests.more.one": "{n} further value stands with the measurements.",
    "rests.more.other": "{n} further values stand with the measurements.",
    "rests.aside": "Rows that are not to be relied on",
    "rests.rows.one": "{n} row",
    "rests.rows.other": "{n} rows",
    "rests.all-converged": (
        "{method} on {data}: {rows} explained; none failed to converge; nothing to attribute in {nothing}."
    ),
    "rests.unconverged": (
        "{method} on {data}: {rows} explained; {unconverged} did not converge ({ids}); nothing to attribute "
        "in {nothing}."
    ),
    "rests.ids-more": "{ids} and {n} more",
    "rests.decisions": "Some decisions",
    "rests.with-text": (
        "The first rows of the sample that was drawn at random, with their texts, because somebody asked for "
        "them: this report holds personal data."
    ),
    "rests.without-text": (
        "The first rows of the sample that was drawn at random. A report holds no text of a row unless asked, "
        "so parts are named by position."
    ),
    "rests.scale": "One scale for all of them: up to {scale} logits.",
    # training rows
    "explain.training": "Similar training evidence",
    "explain.training-about": (
        "Training rows that made this decision firmer when the model learnt from them, strongest first. No "
        "proof that the decision would be another one without them."
    ),
    "explain.training-none": "(none of the strongest)",
    "explain.training-row": "{id} ({label}): influence {influence}; shared words: {shared}",
    "explain.training-row-near": (
        "{id} ({label}): influence {influence}, similarity {cosine}; shared words: {shared}"
    ),
}
