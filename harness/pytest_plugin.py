"""pytest shows a gate: ``pytest --assay RUN`` adds one test for each rule of a policy.

The run is verified and judged once, exactly as ``assay gate`` does; the verdict is sealed beside it.
Nothing is measured. pytest loads this module wherever Modelassay is installed: it imports nothing
beyond the standard library and pytest until ``--assay`` is given.

A rule is shown by all its findings, the worst first:

* passed: the test passed; not-applicable: skipped, with the reason;
* failed, inconclusive, not-measured or error, severity block: failed, with the findings' sentences;
* the same with severity warn or info: passed, with a line in the summary;
* waived: passed, with a line in the summary.

The session fails whenever the verdict is neither pass nor pass-with-warnings, whatever was
deselected. A run that does not verify is an error of the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.api import Run, SealedVerdict
    from harness.records import Finding

_LINE = "assay"
_MOMENT = "assay_now"
_PASSES = ("pass", "pass-with-warnings")
_MET = ("passed", "not-applicable")

_run: pytest.StashKey[Run] = pytest.StashKey()
_verdict: pytest.StashKey[SealedVerdict] = pytest.StashKey()
_moment: pytest.StashKey[str] = pytest.StashKey()


class RuleNotMet(Exception):
    """A blocking rule that is not met; its text is all that a reader needs."""


class RuleItem(pytest.Item):
    """One rule of the policy.

    Args:
        findings: Its findings, worst first.
    """

    def __init__(self, *, findings: list[Finding], **rest: Any) -> None:
        super().__init__(**rest)
        self.findings = findings

    def runtest(self) -> None:
        """Show what the gate concluded; nothing is computed."""
        worst = self.findings[0]
        if worst.outcome == "not-applicable":
            pytest.skip(worst.because.text)
        unmet = [one for one in self.findings if one.outcome not in _MET]
        said = [f"{one.outcome}: {one.because.text}" for one in unmet]
        if worst.severity == "block" and any(one.outcome != "waived" for one in unmet):
            raise RuleNotMet("\n".join([f"{self.name}: {worst.title}", *said, *_fix(worst)]))
        for one, sentence in zip(unmet, said, strict=True):
            kind = "waived" if one.outcome == "waived" else _word(one)
            self.user_properties.append((_LINE, f"{kind}  {self.name}  {sentence}"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the sentences of the findings, without a traceback."""
        if isinstance(excinfo.value, RuleNotMet):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the rule stands."""
        return self.path, None, f"assay::{self.name}"


class RunCollector(pytest.Collector):
    """The run that ``--assay`` names."""

    def collect(self) -> Iterator[RuleItem]:
        """Yield one item for each rule, in the order of the findings, worst first.

        Raises:
            CollectError: If the run does not verify, or the policy cannot be read.
        """
        from harness.errors import AssayError

        try:
            verdict = _judged(self.config)
        except AssayError as err:
            raise self.CollectError("\n".join(err.problems)) from None
        rules: dict[str, list[Finding]] = {}
        for finding in verdict.findings:
            rules.setdefault(finding.rule, []).append(finding)
        for rule, findings in rules.items():
            yield RuleItem.from_parent(self, name=rule, findings=findings)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--assay RUN``, ``--assay-policy POLICY`` and ``--assay-runs DIR``."""
    group = parser.getgroup("assay", "the gate of Modelassay")
    group.addoption(
        "--assay",
        metavar="RUN",
        help="add one test for each rule of the policy that judges this run: a path, an id, a "
        "unique prefix of an id, or latest",
    )
    group.addoption(
        "--assay-policy",
        metavar="POLICY",
        help="a file, or builtin/NAME; default: the policy that the run's config names",
    )
    group.addoption(
        "--assay-runs", metavar="DIR", default="runs", help="folder that holds runs (runs)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Fix the moment of judging, so that every process of the session judges alike."""
    if config.getoption("--assay") is None:
        return
    from harness.clock import iso, utc_now

    given = getattr(config, "workerinput", {})
    config.stash[_moment] = given.get(_MOMENT) or iso(utc_now())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the moment of judging."""
    if _moment in node.config.stash:
        node.workerinput[_MOMENT] = node.config.stash[_moment]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the rules before the tests; ``-k`` and ``-m`` choose among both."""
    if config.getoption("--assay") is None:
        return
    collector = RunCollector.from_parent(session, name="assay", nodeid="assay")
    collector.ihook.pytest_collectstart(collector=collector)
    report = collector.ihook.pytest_make_collect_report(collector=collector)
    collector.ihook.pytest_collectreport(report=report)
    if report.passed:
        items[:0] = report.result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the session fail when the verdict is no pass, whatever ran."""
    config = session.config
    if config.getoption("--assay") is None or hasattr(config, "workerinput"):
        return
    from harness.errors import AssayError

    try:
        is_pass = _judged(config).verdict in _PASSES
    except AssayError:
        is_pass = False
    if not is_pass and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say the verdict, where it is sealed, what warns and what was waived."""
    if _verdict not in config.stash:
        return
    verdict = config.stash[_verdict]
    policy = f"{verdict.policy.id} {verdict.policy.version}"
    terminalreporter.section("assay")
    for report in terminalreporter.stats.get("passed", []):
        for name, line in report.user_properties:
            if name == _LINE:
                terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"{verdict.verdict} (exit {verdict.exit_code}) under {policy}: {verdict.because.text}"
    )
    terminalreporter.write_line(str(verdict.path))


@pytest.fixture(scope="session")
def assay_run(request: pytest.FixtureRequest) -> Run:
    """The verified run that ``--assay`` names, for tests of one's own.

    Example:
        >>> def test_not_worse_than_declared(assay_run):
        ...     table = assay_run.measurements.to_frame()
    """
    if request.config.getoption("--assay") is None:
        pytest.fail("assay_run needs a run, got none. Give it with --assay RUN.", pytrace=False)
    return _opened(request.config)


def _opened(config: pytest.Config) -> Run:
    if _run not in config.stash:
        from harness.api import open_run

        folder = Path(config.invocation_params.dir) / config.getoption("--assay-runs")
        config.stash[_run] = open_run(config.getoption("--assay"), runs=folder)
    return config.stash[_run]


def _judged(config: pytest.Config) -> SealedVerdict:
    if _verdict not in config.stash:
        from harness.api import gate

        policy = config.getoption("--assay-policy")
        config.stash[_verdict] = gate(_opened(config), policy, now=config.stash[_moment])
    return config.stash[_verdict]


def _word(finding: Finding) -> str:
    return "warning" if finding.severity == "warn" else "note"


def _fix(finding: Finding) -> list[str]:
    return [f"What to do: {finding.fix}"] if finding.fix else []
