"""Find the packs that a policy extends, and hold each against the version and digest that pin it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from harness.errors import Phrase, PolicyError, must
from harness.files import sha256_bytes
from harness.policy.locate import BUILTIN, locate_policy
from harness.yamlfile import parse_yaml, read_limited

MAX_DEPTH = 8
"""Packs that may stand one upon the other."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pack's file, as it was found.

    Attributes:
        name: How messages call it; the same wherever it was found.
        finder: How the packs are found that it extends itself.
    """

    raw: bytes
    name: str
    digest: str
    finder: Finder


@dataclass(frozen=True, slots=True)
class Finder:
    """Where packs are looked for.

    Attributes:
        base: Folder that paths start from; None for the working directory.
        packs: SHA-256 → file, for a gate that is judged again: then nothing else is looked at. None looks
            on the disk.
        trail: What was opened on the way here, outermost first.
    """

    base: Path | None = None
    packs: Mapping[str, bytes] | None = None
    trail: tuple[str, ...] = ()

    @property
    def folder(self) -> Path | None:
        """Folder of the policy whose packs are looked for; None where files are not looked at."""
        return None if self.packs is not None else self.base

    def find(self, ref: str, digest: str | None, *, where: str, place: str) -> Found:
        """Open one pack.

        Args:
            ref: ``builtin/<name>@<version>`` or ``<path>@<version>``.
            digest: ``sha256:<hex>`` of its file; None where the policy leaves it out.
            where: Key path of the reference, for messages.
            place: ``file:line`` of it.

        Raises:
            PolicyError: If it cannot be found, extends itself, or is not the file that the digest pins.
        """
        target = ref.rpartition("@")[0]
        if len(self.trail) > MAX_DEPTH:
            raise PolicyError(
                must(where, f"stand at most {MAX_DEPTH} packs deep", ref, place=place)
            )
        key, raw, base = self._open(target, digest, where=where, place=place)
        if key in self.trail:
            way = " → ".join((*(PurePosixPath(step).name for step in self.trail), target))
            raise PolicyError(
                must(
                    where, "not lead back to itself", Phrase(way), place=place, do="Cut the circle."
                )
            )
        found = sha256_bytes(raw)
        if digest != f"sha256:{found}":
            raise PolicyError(_wrong_digest(ref, digest, raw, where=where, place=place))
        return Found(
            raw, file_name(target), found, replace(self, base=base, trail=(*self.trail, key))
        )

    def _open(
        self, target: str, digest: str | None, *, where: str, place: str
    ) -> tuple[str, bytes, Path | None]:
        if self.packs is not None:
            key = (digest or "").removeprefix("sha256:")
            raw = self.packs.get(key)
            if raw is None:
                what = f"have its pack beside it, with the digest {digest}"
                raise PolicyError(must(where, what, Phrase("none"), place=place))
            return f"{key} {target}", raw, self.base
        try:
            path = locate_policy(target, self.base or Path.cwd())
            return str(path.resolve()), read_limited(path), path.parent
        except (PolicyError, OSError) as err:
            raise PolicyError(f"{where} ({place}): {err}") from err


def is_version(wanted: str, version: str) -> bool:
    """Tell whether a version is the one that is wanted: the whole of it, or its first parts."""
    return version == wanted or version.startswith(f"{wanted}.")


def file_name(target: str) -> str:
    """Return how messages call the file of a pack, wherever its bytes came from."""
    if target.startswith(BUILTIN):
        return f"{target.removeprefix(BUILTIN)}.policy.yaml"
    return PurePosixPath(target.replace("\\", "/")).name


def _wrong_digest(ref: str, digest: str | None, raw: bytes, *, where: str, place: str) -> str:
    found = sha256_bytes(raw)
    line = f'digest: "sha256:{found}"'
    if digest is None:
        return f"{where}.digest must be given ({place}): it pins what {ref} says. Write {line}."
    return must(
        f"{where}.digest",
        f"be that of {ref}, sha256:{found}",
        digest,
        place=place,
        do=f"The pack is not the one that was pinned{_version_in(raw)}. Read what changed, then write {line}.",
    )


def _version_in(raw: bytes) -> str:
    try:
        data = parse_yaml(raw, name="", error=PolicyError).data
        return f"; it is version {data['metadata']['version']} now"
    except (PolicyError, TypeError, KeyError):
        return ""
