"""What the kernel says about processes that a test starts."""

from pathlib import Path


def has_ended(pid: int) -> bool:
    """Whether a process has exited, be it waited for or not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before the opening, or before the read
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"
