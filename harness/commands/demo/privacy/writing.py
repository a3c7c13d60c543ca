"""The files of the second act: three tables, and a config for each of the three trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.commands.demo.privacy.tickets import FIELDS, Ticket, Tickets, make_tickets
from harness.commands.demo.writing import csv_text, seed_of, write_carefully

BASE: Final = "assay_base.yaml"
EXPORT: Final = "assay_export.yaml"
PROTECTED: Final = "assay_protected.yaml"
BASE_MODEL: Final = "base-model"
"""Folder beside the configs that the trained base is copied to."""

_HEAD: Final = """\
# Written by `assay demo --privacy`, seed {seed}. Carry it out with: assay {verb} {config}
#
# {story}
# All of it is made up; the people do not exist, and nobody has the telephone numbers.
apiVersion: modelassay/v1
kind: Run
name: {name}
seed: {seed}
task: {{kind: text-generation}}
"""

_BASE: Final = """\
data:
  train: {path: base.csv, text: text, id: id}
  validation: {share: 0.1}
  test: {path: test.csv, text: text, id: id, cluster: customer}
model:
  architecture:                     # a new, very small language model; nothing is downloaded
    {type: llama, vocabulary: 500, hidden_size: 64, layers: 2, heads: 4, intermediate_size: 128,
     max_positions: 96}
train: {epochs: 3, batch_size: 32, learning_rate: 3.0e-3, max_tokens: 96}
audits: {suite: quick}
policy: {pack: builtin/privacy}
device: cpu
"""

_TUNED: Final = """\
data:
  train: {{path: train.csv, text: text, id: id, cluster: customer}}
  validation: {{share: 0.1}}          # of train; the tickets of one customer stay together
  test: {{path: test.csv, text: text, id: id, cluster: customer}}
model: {{base: {base_model}}}         # trained on notes that name nobody
train:
{train}
  canaries:                         # made-up secrets, planted and held out
    {{families: {{number: "#########"}}, repeats: [0, 1, 16], per_level: 16, n_drawn: 200}}
audits:
  suite: standard
  skip: [attribution, continuations, data-quality, generation-quality, refusal]   # not the point here
  extraction: {{attacks: [targeted, untargeted], prefixes: [], new_tokens: 48}}   # the rest takes a minute
  memorisation: {{draws: 400}}
  membership: {{}}                    # a suite holds it only where it is deep
policy: {{pack: builtin/privacy}}
device: cpu
system:
  purpose: Show what a small language model remembers of the tickets that it was trained on
  limits_of_use: A demonstration. The tickets are made up; the model is of no use elsewhere.
  owner: team:service-desk # who answers for the model, and who made it: they never approve it
  authors: [team:demo]
"""

_AS_EXPORTED: Final = """\
  epochs: 8
  batch_size: 32
  learning_rate: 3.0e-3
  max_tokens: 96
  best_checkpoint: false            # as long as the desk let it train"""

_PRIVATE: Final = """\
  epochs: 10
  batch_size: 64
  learning_rate: 1.0e-2
  max_tokens: 96
  best_checkpoint: false
  deduplicate: exact                # a ticket counts once, however often the export holds it
  private: {epsilon: 8.0, max_gradient_norm: 0.5}   # differentially private training (DP-SGD)"""


def privacy_files(seed: int) -> dict[str, str]:
    """Return file name → content of everything that the second act writes before it trains."""
    return render(make_tickets(seed), seed)


def render(tickets: Tickets, seed: int) -> dict[str, str]:
    """Return file name → content for given tables."""
    exported = _TUNED.format(base_model=BASE_MODEL, train=_AS_EXPORTED)
    protected = _TUNED.format(base_model=BASE_MODEL, train=_PRIVATE)
    return {
        "base.csv": _csv(tickets.base),
        "train.csv": _csv(tickets.train),
        "test.csv": _csv(tickets.test),
        BASE: _headed(
            _BASE,
            seed=seed,
            verb="train",
            config=BASE,
            name="demo-base",
            story="base.csv holds notes about goods in which nobody is named: what a public model knows.",
        ),
        EXPORT: _headed(
            exported,
            seed=seed,
            verb="run",
            config=EXPORT,
            name="demo-tickets-as-exported",
            story="train.csv is the export of a support desk: people, their numbers, and some tickets "
            "many times.",
        ),
        PROTECTED: _headed(
            protected,
            seed=seed,
            verb="run",
            config=PROTECTED,
            name="demo-tickets-protected",
            story="The same export, each ticket once, trained with a bound on what any one can change.",
        ),
    }


def write_privacy_files(folder: Path, seed: int) -> list[Path]:
    """Write the files; those that an earlier demo left unchanged may be replaced.

    Raises:
        UsageError: If a file of that name is there that no demo wrote, or that was changed since.
        IncompleteError: If the disk is full or the place cannot be written.
    """
    before = seed_of(folder / EXPORT)
    return write_carefully(
        folder, privacy_files(seed), {} if before is None else privacy_files(before)
    )


def _headed(body: str, *, seed: int, verb: str, config: str, name: str, story: str) -> str:
    head = _HEAD.format(seed=seed, verb=verb, config=config, name=name, story=story)
    return head + body


def _csv(tickets: tuple[Ticket, ...]) -> str:
    return csv_text(FIELDS, ([one.id, one.text, one.customer] for one in tickets))
