"""Whose model a gate is about; see ``harness.evidence.audited``, where decisions ask for it too."""

from harness.evidence.audited import Audited, audited, audited_of, person

__all__ = ["Audited", "audited", "audited_of", "person"]
