"""Presidio and spaCy, where they are installed: offline, and with our recognisers beside theirs."""

import socket
import warnings
from importlib.util import find_spec

import pytest

from harness.detectors import detector_named
from harness.detectors.by_presidio import PresidioDetector
from harness.detectors.by_spacy import SpacyDetector
from harness.errors import ModelError

needs_presidio = pytest.mark.skipif(
    find_spec("presidio_analyzer") is None, reason="presidio-analyzer is not installed"
)
needs_spacy = pytest.mark.skipif(find_spec("spacy") is None, reason="spaCy is not installed")


@needs_presidio
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")
def test_presidio_reads_with_sockets_blocked_and_finds_our_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("presidio asked the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    found = detector_named("presidio")
    texts = ["mail bob.li@gmail.com", "身份证11010519491231002X。", "to alice@canary.example"]
    kinds = [{one.kind for one in some} for some in found.find(texts)]
    assert "email" in kinds[0]
    assert kinds[1] == {"cn-id"}
    assert "email" not in kinds[2]  # its blind spot: reserved domains
    assert "person" not in found.kinds
    assert "cn-id" not in PresidioDetector(has_ours=False).kinds


@needs_spacy
@pytest.mark.filterwarnings("ignore::Warning")
def test_a_spacy_pipeline_is_read_by_folder_and_a_blank_one_refused(tmp_path) -> None:
    import spacy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nlp = spacy.blank("en")
        nlp.to_disk(tmp_path / "blank")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": "PERSON", "pattern": "Alice Baker"}])
        nlp.to_disk(tmp_path / "ruled")
    found = SpacyDetector(str(tmp_path / "ruled"))
    [spans] = found.find(["saw Alice Baker"])
    assert [(one.kind, one.start, one.stop) for one in spans] == [("person", 4, 15)]
    with pytest.raises(ModelError, match="recognise names"):
        SpacyDetector(str(tmp_path / "blank"))
    with pytest.raises(ModelError, match="installed pipeline"):
        SpacyDetector(str(tmp_path / "gone"))
