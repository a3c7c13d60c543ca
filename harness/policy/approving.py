"""Write an approval into a waivers file, leaving every other line of it as people wrote it."""

from __future__ import annotations

import base64

from harness.clock import iso
from harness.errors import PolicyError, must
from harness.policy.waiver_reading import parse_waivers
from harness.policy.waivers import Approval, Waiver, waiver_content
from harness.yamlfile import parse_yaml


def with_approval(raw: bytes, name: str, waiver_id: str, approval: Approval) -> bytes:
    """Return a waivers file with one more approval at its end; all else keeps its bytes.

    Args:
        raw: The file.
        name: How messages call it.
        waiver_id: What was approved.
        approval: The signature over ``waiver_payload``.

    Raises:
        PolicyError: If the file cannot be read, holds no such waiver, or has text behind its approvals.
    """
    before = parse_waivers(raw, name)
    waiver = waiver_of(before.waivers, waiver_id, name)
    if any(one.keyid == approval.keyid for one in waiver.approvals):
        raise PolicyError(
            must(f"{waiver_id} in {name}", "be approved once by each key", approval.keyid[:12])
        )
    has_list = "approvals" in parse_yaml(raw, name=name, error=PolicyError).data
    text = raw if raw.endswith(b"\n") else raw + b"\n"
    made = text + (b"" if has_list else b"approvals:\n") + _line(waiver_id, approval)
    try:
        again = parse_waivers(made, name)
    except PolicyError as err:
        what = "end with its list of approvals, one a line, each starting with '  - '"
        raise PolicyError(
            f"{name} must {what}, got something else. Mend it and sign again."
        ) from err
    same = [waiver_content(one) for one in before.waivers]
    if [waiver_content(one) for one in again.waivers] != same:
        raise PolicyError(f"{name} must keep its waivers when one is approved, got other ones.")
    return made


def waiver_of(waivers: tuple[Waiver, ...], waiver_id: str, name: str) -> Waiver:
    """Return the waiver of an id.

    Raises:
        PolicyError: If the file holds none.
    """
    found = [one for one in waivers if one.id == waiver_id]
    if not found:
        known = ", ".join(one.id for one in waivers) or "none"
        raise PolicyError(must("--waiver", f"name a waiver of {name} ({known})", waiver_id))
    return found[0]


def _line(waiver_id: str, approval: Approval) -> bytes:
    user = f'user: "{approval.user}", ' if approval.user else ""
    sig = base64.b64encode(approval.sig).decode()
    return (
        f'  - {{waiver: "{waiver_id}", {user}signed_at: {iso(approval.signed_at)}, '
        f'keyid: "{approval.keyid}", sig: "{sig}"}}\n'
    ).encode()
