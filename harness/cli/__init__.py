"""The command ``assay``: starts in a moment, says what went wrong, and never lies with its exit code.

The entry point wraps imports and all, because an uncaught exception would exit with 1, which means
``blocked``.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from harness.cli.said import Said

EXIT_SIGPIPE = 141
"""What a shell reports for a process whose reader went away; never mistaken for a verdict."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run ``assay`` and leave the process with one of the documented exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(
            stream, "reconfigure"
        ):  # a terminal that is not UTF-8 shows ? and does not crash
            stream.reconfigure(errors="replace")
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["gate"]:
        gc.disable()  # it ends before there is anything to collect, and looking takes a tenth of it
    sys.stderr = Said(sys.stderr)  # what libraries log and warn of passes through it as well
    code = invoke(given)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = code or EXIT_SIGPIPE
        # the reader of a pipe went away: nothing that we could still say to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process with the code that was decided; what is registered to run at exit runs first.

    A reading thread of pyarrow that outlives the work can abort the process while the interpreter is
    torn down (github.com/apache/arrow/issues/34314): a run that was sealed would end in SIGABRT.
    """
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def invoke(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing is raised."""
    from harness.errors import EXIT_BUG, EXIT_INCOMPLETE, EXIT_SIGINT, AssayError, Interrupted

    # no plug-in of another package changes how a policy or a bundle is read; it also starts sooner
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

    previous = _on_sigterm(Interrupted("SIGTERM"))
    try:
        return _run(list(argv))
    except AssayError as err:
        _say(*err.problems)
        return err.exit_code
    except KeyboardInterrupt:
        _say("Stopped by SIGINT. The same command resumes where it stopped.")
        return EXIT_SIGINT
    except BrokenPipeError:
        return EXIT_SIGPIPE
    except OSError as err:
        _say(
            f"{err.filename or 'A file'} must be readable and writable, got "
            f"{err.strerror or err}. Free some space, or choose a place that you may write to."
        )
        return EXIT_INCOMPLETE
    except Exception as err:  # noqa: BLE001 - the last boundary: 70 is our bug, never 1
        return _bug(err) or EXIT_BUG
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)


def _run(argv: list[str]) -> int:
    import click

    from harness.cli.root import assay

    try:
        code = assay.main(args=argv, prog_name="assay", standalone_mode=False)
    except click.ClickException as err:
        err.show()
        return 2
    except click.exceptions.Exit as err:
        return err.exit_code
    except SystemExit:  # click's way of saying that the reader of a pipe went away
        return EXIT_SIGPIPE
    except click.Abort as err:  # click's word for SIGINT
        raise KeyboardInterrupt from err
    return code if isinstance(code, int) else 0


def _on_sigterm(error: BaseException) -> signal.Handlers | None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise error

    try:
        return signal.signal(signal.SIGTERM, stop)  # type: ignore[return-value]
    except ValueError:  # not in the main thread: the host program owns its signals
        return None


def _say(*lines: str) -> None:
    from harness.processes import launched
    from harness.redaction import redact_said

    processes = launched()
    who = "" if processes.is_first else f"[process {processes.index}] "
    for line in lines:
        print(who + redact_said(line), file=sys.stderr)  # noqa: T201


def _bug(err: Exception) -> int:
    import traceback

    from harness.errors import EXIT_BUG

    frames = traceback.extract_tb(err.__traceback__)
    last = frames[-1] if frames else None
    at = f" at {os.path.basename(last.filename)}:{last.lineno}" if last else ""  # noqa: PTH119
    _say(
        f"Internal error: {type(err).__name__}{at}: {err}",
        "This is a fault of Modelassay, not of your input; no verdict follows from it (exit 70). "
        "Run again with ASSAY_TRACEBACK=1 to see where it happened.",
    )
    if os.environ.get("ASSAY_TRACEBACK"):
        # frames only: values of variables may hold text of examples
        _say("".join(traceback.format_list(frames)))
    return EXIT_BUG
