"""Everything that a gate takes beside run and policy, found where the user says it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.depot import Store, StoreAddress, find_address, open_store
from harness.errors import UsageError, must
from harness.evidence import Bundle
from harness.evidence.manifest import DOCUMENTS
from harness.evidence.statements import ENDING
from harness.files import sha256_bytes
from harness.gate import Given, given_of_files
from harness.gate.given import BASELINE, DOCUMENT, TRUST, WAIVERS
from harness.policy import Policy, parse_waivers
from harness.signing import parse_trust


@dataclass(frozen=True, slots=True)
class Beside:
    """Where to look.

    Attributes:
        waivers, trust: Files; None takes what the run's config names, relative to where the command runs.
        store: Where the store is, or its address as somebody typed it; None takes that of the run's
            config, else ``ASSAY_STORE``.
        tell: Told what was taken from the store.
        baseline: A run that stands for the last release, named by hand; None takes that of the store.
        runs: Where a run that is named by hand lies.
    """

    waivers: Path | None = None
    trust: Path | None = None
    store: StoreAddress | str | None = None
    tell: Callable[[str], None] | None = None
    baseline: str | None = None
    runs: Path = Path("runs")


_READERS: dict[str, Callable[[bytes, str], object]] = {WAIVERS: parse_waivers, TRUST: parse_trust}


def collect(bundle: Bundle, policy: Policy, beside: Beside, *, base: Path | None = None) -> Given:
    """Return what a gate is handed beside run and policy.

    Args:
        bundle: The run.
        policy: What it is judged by.
        beside: Where to look.
        base: Folder that paths of the run's config start from; None takes the working directory.

    Raises:
        UsageError: If a file that is named is not there or cannot be read.
    """
    files: dict[str, bytes] = {}
    with opened_store(store_of(bundle, beside.store, base=base)) as store:
        for name, given in ((WAIVERS, beside.waivers), (TRUST, beside.trust)):
            path = given or _of_config(bundle, name, base)
            raw = find_file(name, path, store, tell=beside.tell)
            if raw is not None:
                files[name] = raw
            if raw is not None and path is not None and path.name != name:
                _READERS[name](raw, path.name)  # mistakes are named by the file that people know
        baseline = _baseline(bundle, policy, beside, store, files.get(TRUST))
        if baseline is not None:
            files[BASELINE] = baseline
    files |= _documents(bundle)
    return given_of_files(files, lock=bundle.lock)


def _baseline(
    bundle: Bundle, policy: Policy, beside: Beside, store: Store | None, trust: bytes | None
) -> bytes | None:
    """Return ``baseline.json``; None where no rule asks for it, or nobody says where releases lie."""
    is_asked = any(rule.kind == "drop_at_most" for rule in policy.rules)
    if not is_asked or (beside.baseline is None and store is None):
        return None
    # most gates compare nothing: what reads releases and their signatures is not imported for them
    from harness.commands.comparing.release import baseline_bytes, baseline_of, release_for

    released = release_for(
        bundle,
        ref=beside.baseline,
        runs=beside.runs,
        store=store,
        trust=None if trust is None else parse_trust(trust, TRUST),
    )
    if released is not None and not released.is_released and beside.tell is not None:
        beside.tell(
            f"baseline {released.bundle.id}: nobody who is trusted is known to have released it"
        )
    return baseline_bytes(baseline_of(bundle, policy, released))


def _documents(bundle: Bundle) -> dict[str, bytes]:
    """Every signed statement about a document that lies in the run; the gate decides which of them count."""
    found = [path.read_bytes() for path in sorted((bundle.path / DOCUMENTS).glob(f"*{ENDING}"))]
    return {DOCUMENT.format(digest=sha256_bytes(raw)[:12]): raw for raw in found}


def store_of(
    bundle: Bundle, given: StoreAddress | str | None, *, base: Path | None = None
) -> StoreAddress | None:
    """Return the store of a run: the one that is given, else that of its config or the environment."""
    return find_address(given, bundle.record.config.get("store"), base=base)


@contextmanager
def opened_store(address: StoreAddress | None) -> Iterator[Store | None]:
    """Open a store until the block ends; None where none is named, or only an event log.

    Raises:
        IncompleteError: If it is named and cannot be reached.
    """
    if address is None or address.url is None:
        yield None
        return
    with open_store(address) as store:
        yield store


def find_file(
    name: str,
    path: Path | None,
    store: Store | None,
    *,
    tell: Callable[[str], None] | None = None,
) -> bytes | None:
    """Return ``trust.yaml`` or ``waivers.yaml``: the file that is named, else the one in the store.

    Args:
        name: Its name in a store.
        path: From the command line or the config.
        store: Looked into where no file is named.
        tell: Told when the store's is taken.

    Raises:
        UsageError: If the file that is named cannot be read.
        IncompleteError: If the store cannot be reached.
    """
    if path is not None:
        return _read(path, name.removesuffix(".yaml"))
    found = store.read(name) if store is not None else None
    if store is not None and found is not None and tell is not None:
        tell(f"{name} of the store {store.place.shown}")
    return found


def _of_config(bundle: Bundle, name: str, base: Path | None) -> Path | None:
    named = bundle.record.config.get("policy", {}).get(name.removesuffix(".yaml"))
    return None if named is None else (base or Path.cwd()) / str(named)


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        do = f"Say where it lies with --{key} FILE."
        raise UsageError(must(str(path), "be a readable file", str(err.strerror), do=do)) from err
