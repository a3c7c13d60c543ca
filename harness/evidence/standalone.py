"""Check a Modelassay bundle with Python and cryptography alone: ``python FILE RUN [--trust JSON]``.

Exit 0 when everything is as it was sealed, else 5 and a line for each problem. Checked are: every file
against the MANIFEST.json of the run, of ``personal/`` and of each gate; run id, outputs, lock, verdict with
findings, exit code, policy, gate id; tombstones that lead from the personal manifest that the run names to
the one on disk; statements (DSSE, Ed25519): about this run and gate, signed by the key that they name and,
with --trust, by enough trusted ones; decisions. Not checked: numbers, Sigstore, four eyes, expiry.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path, PurePosixPath
from typing import Any

EXIT_CODES = {"pass": (0,), "pass-with-warnings": (0, 4), "blocked": (1,), "incomplete": (3,)}
OPEN = {"inconclusive", "not-measured", "error"}
KINDS = ("gate", "release", "test-result", "withdrawal", "decision")
MANIFEST, VERSION, KEYLESS = "MANIFEST.json", "modelassay/manifest/v1", ".sigstore.json"
FIELDS = {"schema_version", "kind", "id", "files", "run_manifest", "personal_manifest", "sequence"}
ENTRY = {"sha256", "size_bytes", "retention", "contains_personal_data"}


def need(holds: object, text: str) -> None:
    """Raise what is wrong unless it holds."""
    if not holds:
        raise ValueError(text)


def sha256(data: bytes) -> str:
    """Return the digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def plain(data: Any) -> bytes:
    """Return the JSON that digests and envelopes are made of."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def is_signed(envelope: Any, payload: bytes, der: bytes) -> bool:
    """Whether a public key made one of the Ed25519 signatures over type and payload."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    kind = envelope["payloadType"].encode()
    data = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    own = [one["sig"] for one in envelope["signatures"] if one["keyid"] == sha256(der)]
    try:
        key: Any = load_der_public_key(der)
        for signature in own:
            key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return bool(own)


class Check:
    """One run, whom to trust, and what was found."""

    def __init__(self, path: Path, trust: Any = None) -> None:
        self.path, self.trust = path, trust
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.covered: set[str] = set()
        self.users: dict[str, list[tuple[str, str]]] = {}  # gate -> user and role

    def attempt(self, work: Any, *given: Any) -> Any:
        """Do one check; keep what is wrong and go on."""
        try:
            return work(*given)
        except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as err:
            self.problems.append(f"{err} ({given[0] if given else 'run'})")

    def all(self) -> list[str]:
        """Do every check and return the problems."""
        files = []
        for one in sorted(self.path.rglob("*")):
            name = one.relative_to(self.path).as_posix()
            if one.is_symlink() or not (one.is_file() or one.is_dir()):
                self.problems.append(f"{name}: a link or special file")
            elif one.is_file():
                files.append(name)
        found: Any = self.attempt(self.manifest, "", "run") or ({}, "")
        self.run, self.digest = found
        if not self.run:
            return self.problems
        self.attempt(self.record)
        self.attempt(self.personal, files)
        gates = [one.name for one in sorted(self.path.glob("gates/[!.]*")) if one.is_dir()]
        numbers = {name: self.attempt(self.gate, name) or 0 for name in gates}
        if set(numbers.values()) != set(range(1, len(set(numbers.values())) + 1)):
            self.problems.append("gates: the numbers have a gap, one was taken away")
        for name in files:
            self.attempt(self.beside, name)
        if self.trust is not None:
            self.attempt(self.thresholds, max(numbers, key=numbers.__getitem__, default=""))
        return self.problems

    def manifest(self, prefix: str, kind: str) -> tuple[Any, str]:
        """Read a manifest and hold every file that it names against it."""
        where, raw = prefix + MANIFEST, (self.path / prefix / MANIFEST).read_bytes()
        data = json.loads(raw)
        text = json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        need(text.encode() == raw and set(data) == FIELDS, f"{where}: not as it was written")
        need((data["schema_version"], data["kind"]) == (VERSION, kind), f"{where}: not of a {kind}")
        self.covered.add(where)
        for name, entry in data["files"].items():
            self.covered.add(prefix + name)
            self.attempt(self.file, prefix + name, name, entry, kind)
        return data, sha256(raw)

    def file(self, where: str, name: str, entry: Any, kind: str) -> None:
        """Hold one file against its line in a manifest."""
        steps, path = PurePosixPath(name), self.path / where
        need(str(steps) == name and name.isprintable() and name != MANIFEST, f"{where!r}: bad path")
        need(not ({"/", ".."} & set(steps.parts) or set(name) & set("\\:")), f"{where!r}: bad path")
        need(path.resolve().is_relative_to(self.path.resolve()), f"{where}: leads out of the run")
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        need(digest == entry["sha256"] and set(entry) == ENTRY, f"{where}: changed")
        is_right = entry["contains_personal_data"] is (kind == "personal")
        need(is_right and path.stat().st_size == entry["size_bytes"], f"{where}: size or part")

    def record(self) -> None:
        """Hold run.json against the manifest of the run."""
        record = json.loads((self.path / "run.json").read_bytes())
        files = {name: entry["sha256"] for name, entry in self.run["files"].items()}
        need(record["run_id"] == self.run["id"], "run.json: about another run")
        need({"run.json", "measurements.json"} <= set(files), "run.json: no manifest names it")
        need(record["outputs"].items() <= files.items(), "run.json: other digests of its outputs")
        lock = files.get("policy.lock.json", record["lock_digest"])
        need(lock == record["lock_digest"], "policy.lock.json: not the lock of run.json")

    def gate(self, name: str) -> int:
        """Check one gate and return its number."""
        seal, digest = self.manifest(f"gates/{name}/", "gate")
        where, policy = f"gates/{name}/verdict.json", seal["files"]["policy.yaml"]["sha256"]
        need(seal["run_manifest"] == self.digest and seal["id"] == name, f"{where}: of another run")
        said = json.loads((self.path / where).read_bytes())
        about = (said["run_id"], said["run_digest"], said["policy"]["digest"])
        need(about == (self.run["id"], self.digest, policy), f"{where}: of another run or policy")
        by = {"run": self.digest, "policy": policy, "now": said["now"]}
        by |= {"waivers": said["waivers_digest"], "baseline": said["baseline_run"]}
        by |= {} if said.get("inputs") is None else {"inputs": said["inputs"]}
        need(sha256(plain(by))[:12] == name, f"{where}: belongs to another gate")
        word, outcomes = said["verdict"], Counter(one["outcome"] for one in said["findings"])
        need(said["exit_code"] in EXIT_CODES[word], f"{where}: exit code of another verdict")
        need({k: n for k, n in said["counts"].items() if n} == outcomes, f"{where}: wrong counts")
        blocking = {one["outcome"] for one in said["findings"] if one["severity"] == "block"}
        need(("failed" in blocking) == (word == "blocked"), f"{where}: a failed rule must block")
        need(not word.startswith("pass") or not blocking & OPEN, f"{where}: a rule has no answer")
        need(word != "pass" or "waived" not in blocking, f"{where}: a waiver is not a pass")
        for file in sorted(self.path.glob(f"gates/{name}/statements/*.dsse.json")):
            self.attempt(self.statement, file, {digest, self.digest}, name, word)
        return int(seal["sequence"])

    def personal(self, files: list[str]) -> None:
        """Follow the tombstones from the personal manifest in the run to the one on disk."""
        stones = []
        for kind, folder in (("tombstone", "erasures"), ("hold", "holds")):
            for file in sorted(self.path.glob(f"{folder}/*")):
                said = self.attempt(self.statement, file, {self.digest}, None, None)
                need(not said or f":{kind}:v1" in said["predicateType"], f"{file}: not a {kind}")
                stones += [said["predicate"]] if said and kind == "tombstone" else []
        expected = self.run["personal_manifest"]
        while step := [one for one in stones if expected is not None and one["old"] == expected]:
            need(len(step) == 1, "erasures: two begin at one state")
            stones.remove(step[0])
            expected = step[0]["new"]
            self.notes.append(f"erased on {step[0]['erased_at']}: {step[0]['reason']!r}")
        need(not stones, "erasures: one does not follow from the run")
        if any(name.startswith("personal/") for name in files):
            seal, digest = self.manifest("personal/", "personal")
            need(expected == digest and seal["id"] == self.run["id"], "personal: unexplained")

    def statement(self, file: Path, about: set[str], gate: str | None, verdict: Any) -> Any:
        """Check a statement: named by its digest, about this, signed by the key that it names."""
        where, raw = file.relative_to(self.path).as_posix(), file.read_bytes()
        self.covered.add(where)
        envelope = json.loads(raw)
        texts = [envelope["payload"], *(one["sig"] for one in envelope["signatures"])]
        payload, *signed = parts = [base64.b64decode(one, validate=True) for one in texts]
        is_exact = texts == [base64.b64encode(one).decode() for one in parts]  # spare bits as well
        need(is_exact and plain(envelope) == raw and signed, f"{where}: not as written")
        is_own = where.startswith(("erasures/", "holds/"))
        said = json.loads(payload)
        kind = next((f"{one}-" for one in KINDS if one in said["predicateType"]), "")
        name = f"{kind}{sha256(payload if is_own else raw)[:12]}.dsse.json"
        need(file.name == name, f"{where}: named by another digest")
        given, subjects = said["predicate"], {one["digest"]["sha256"] for one in said["subject"]}
        need(about <= subjects, f"{where}: about another run or gate")
        need(given.get("verdict", verdict) == verdict, f"{where}: says another verdict")
        public = given.get("public_key")
        if is_own or public is not None:
            der = base64.b64decode(public, validate=True)
            need(is_signed(envelope, payload, der), f"{where}: not signed by the key that it names")
        if self.trust is not None and public is not None:
            moment = given.get("signed_at") or given.get("erased_at") or given["at"]
            users = self.trusted(where, envelope, payload, given["role"], moment)
            need(users or not is_own, f"{where}: nobody trusted signed it")
            self.users.setdefault(gate or "", []).extend((user, given["role"]) for user in users)
        if kind == "decision-":
            self.notes.append(self.decision(where, envelope, payload, given))
        return said

    def decision(self, where: str, envelope: Any, payload: bytes, given: Any) -> str:
        """Say who decided what; without trust nobody is believed, and never over a verdict."""
        is_own, name = given["by"] == "key", given["actor"]["name"]
        role, at = given["role"] if is_own else "service", given["decided_at"]
        users = self.trust and self.trusted(where, envelope, payload, role, at)
        is_good = users and (not is_own or given["actor"]["subject"] in users)
        is_over = given["kind"] == "approve" and not given["verdict"].startswith("pass")
        by = "signed by" if is_own else "recorded by the service for"
        doubt = "" if is_good and not is_over else " (not believed)"
        return f"{given['kind']} at {at}, {by} {name!r}{doubt}"

    def trusted(self, where: str, envelope: Any, payload: bytes, role: str, at: str) -> set[str]:
        """Return the users whose keys are trusted in a role, and signed, at a moment."""
        moment, found = datetime.fromisoformat(at), set()
        need(moment < datetime.now(UTC) + timedelta(minutes=10), f"{where}: signed in the future")
        for key in self.trust["keys"]:
            since, until = map(datetime.fromisoformat, (key["since"], key["until"]))
            is_good = role in key["roles"] and since <= moment < until
            if is_good and is_signed(envelope, payload, base64.b64decode(key["public_key"])):
                found.add(key["user"])
        return found

    def beside(self, name: str) -> None:
        """Refuse a file that no manifest names and that is no statement."""
        if name.startswith("documents/") and name.count("/") == 1 and name.endswith(".dsse.json"):
            self.statement(self.path / name, {self.digest}, None, None)
        is_unfinished = name.startswith("gates/.") and name.split("/")[1].endswith(".part")
        is_keyless = name.split("/")[::2] == ["gates", "statements"] and name.endswith(KEYLESS)
        need(name in self.covered or is_unfinished or is_keyless, f"{name}: no manifest names it")

    def thresholds(self, gate: str) -> None:
        """Ask for as many users in each role as the trust file does; a user counts once, in one role."""
        wanted = [role for role, n in self.trust["thresholds"]["gate"].items() for _ in range(n)]
        pairs = set(self.users.get(gate, ()))
        seats = permutations({user for user, _ in pairs}, len(wanted))
        is_enough = any(set(zip(one, wanted, strict=True)) <= pairs for one in seats)
        need(is_enough, f"gates/{gate}: signatures are missing, asked for are {wanted}")


def main(argv: list[str]) -> int:
    """Check the run that is named, print what is wrong, and return the exit code."""
    try:
        need(Path(argv[0]).is_dir() and argv[1:] in ([], ["--trust", "".join(argv[2:])]), "RUN")
        check = Check(Path(argv[0]), *(dict(json.loads(Path(p).read_bytes())) for p in argv[2:]))
    except (OSError, LookupError, TypeError, ValueError):
        sys.stderr.write(f"usage: python FILE RUN [--trust JSON], not YAML\n\n{__doc__}")
        return 2
    state = "does not verify" if check.all() else f"verifies: {len(check.covered)} files"
    sys.stdout.write("\n".join([*check.problems, *check.notes, f"run {check.digest} {state}\n"]))
    return 5 if check.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
