"""Several processes that do one piece of work: which one leads, and what it hands on.

``torchrun`` and ``accelerate launch`` start the same command several times and number the
processes in the environment. Whatever writes files is done by the first; the others wait for its
answer, and when it cannot go on they end with its exit code.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from harness.errors import EXIT_BUG, EXIT_INCOMPLETE, AssayError

T = TypeVar("T")

_NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(hours=2)
"""How long one process waits for the others: reading a large table can take a while."""


class Followed(AssayError):
    """The first process could not go on; it has said why.

    Args:
        exit_code: Its exit code.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__("The first process could not go on.")
        self.exit_code = exit_code
        self.problems = ()


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of one command.

    Attributes:
        index: Number of this one, from 0.
        count: How many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes and speaks."""
        return self.index == 0

    def lead(self, work: Callable[[], T]) -> T:
        """Let the first process do something, and return its answer in all of them.

        Args:
            work: Returns JSON data; called in the first process only.

        Raises:
            AssayError: What ``work`` raised, in the first process.
            Followed: In the others, when ``work`` raised anything.
        """
        if self.count == 1:
            return work()
        _join(self)
        if not self.is_first:
            told = _told(None)
            if "exit_code" in told:
                raise Followed(told["exit_code"])
            answer: T = told["answer"]
            return answer
        word: dict[str, Any] = {"exit_code": EXIT_BUG}
        try:
            done = work()
            word = {"answer": done}
        except AssayError as err:
            word = {"exit_code": err.exit_code}
            raise
        except OSError:
            word = {"exit_code": EXIT_INCOMPLETE}  # as the command line says it
            raise
        finally:
            _told(word)
        return done

    def wait(self) -> None:
        """Wait until every process has come so far."""
        if self.count > 1:
            import torch

            _join(self)
            torch.distributed.barrier()


def launched() -> Processes:
    """Return which process of how many this is; one of one where nobody launched several."""
    if any(name not in os.environ for name in _NEEDED):
        return Processes()
    try:
        index, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    except ValueError:
        return Processes()
    return Processes(index, count) if count > 1 else Processes()


def _join(processes: Processes) -> None:
    import torch

    if torch.distributed.is_initialized():
        return
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    torch.distributed.init_process_group(
        backend, timeout=_PATIENCE, rank=processes.index, world_size=processes.count
    )
    atexit.register(_leave)


def _leave() -> None:
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _told(word: dict[str, Any] | None) -> dict[str, Any]:
    """Send JSON data from the first process, or receive it in another."""
    import torch

    raw = b"" if word is None else json.dumps(word).encode()
    size = torch.tensor([len(raw)])
    torch.distributed.broadcast(size, src=0)
    body = torch.frombuffer(bytearray(raw), dtype=torch.uint8) if raw else torch.empty(0)
    if word is None:
        body = torch.empty(int(size), dtype=torch.uint8)
    torch.distributed.broadcast(body, src=0)
    told: dict[str, Any] = json.loads(bytes(body.tolist()))
    return told
