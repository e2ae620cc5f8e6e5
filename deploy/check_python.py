"""Run tests on Pythons newer than this machine's, in a chroot of Debian sid; `make check-python`.

debootstrap makes the chroot in `build/sid` from the Debian mirror of this machine's apt, and later
runs use it again. `check_python.sh` then runs inside it for each Python: pip, with this machine's
settings, installs the wheel alone to label one text, then its extras to run tests of the checkout.

Without root, debootstrap or a network there is no chroot, and sid may lack one of the Pythons. A
line then reports what is skipped, and the exit status stays 0. It is 1 if an installation or a test
fails.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
CHROOT = CHECKOUT / "build" / "sid"
PYTHONS = ("3.14", "3.15")
PROGRAMS = ("apt-get", "debootstrap", "git", "unshare")
APT_SETTING = re.compile(r"Acquire::(Check-|https?::)")
KEPT = re.compile(r"OPENBLAS_\w+|\w+_proxy", re.IGNORECASE)
"""Variables of this machine that the chroot takes over, in addition to pip's settings."""


class UnavailableError(Exception):
    """The check cannot run on this machine; the message gives the reason."""


def main(tests: Sequence[str]) -> int:
    """Run `tests` on each of `PYTHONS`.

    Returns:
        The exit status.
    """
    try:
        make_chroot()
    except UnavailableError as reason:
        print(f"check-python: skipped, {reason}")
        return 0
    copy_checkout()
    settings = copy_pip_settings()
    failed = [
        python for python in PYTHONS if install(python) and not check(python, tests, settings)
    ]
    for python in failed:
        print(f"check-python: Python {python} failed")
    return 1 if failed else 0


def make_chroot() -> None:
    """Make the chroot if it is not there, and update its list of packages.

    Raises:
        UnavailableError: this machine cannot.
    """
    if os.geteuid() != 0:
        raise UnavailableError("it needs root")
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise UnavailableError(f"it needs {', '.join(missing)}")
    if not CHROOT.exists():
        bootstrap(debian_mirror(apt_sources()))
    copy_apt_settings()
    if run_inside(["apt-get", "update", "--error-on=any"], quiet=True) != 0:
        raise UnavailableError("apt-get update fails in the chroot")


def apt_sources() -> str:
    """The label and the site of each index that apt knows, a line each."""
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(SITE)", "Created-By: Packages"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def debian_mirror(sources: str) -> str:
    """Pick the first mirror of Debian itself from the lines of `apt_sources`.

    Raises:
        UnavailableError: there is none.
    """
    for line in sources.splitlines():
        label, _, site = line.partition(" ")
        if label == "Debian":
            return site
    raise UnavailableError("apt knows no mirror of Debian")


def bootstrap(mirror: str) -> None:
    """Make the chroot, in a mount namespace so that nothing in it stays mounted.

    Raises:
        UnavailableError: debootstrap fails.
    """
    print("check-python: making a chroot of Debian sid", flush=True)
    partial = CHROOT.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    options = ["--variant=minbase", "--include=ca-certificates"]
    command = ["unshare", "--mount", "debootstrap", *options, "sid", str(partial), mirror]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().rpartition("\n")[2]
        raise UnavailableError(f"debootstrap fails: {last}")
    partial.rename(CHROOT)


def copy_apt_settings() -> None:
    """Give the chroot this machine's settings of apt for proxies and for checks of a mirror."""
    command = ["apt-config", "dump", "Acquire"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines(keepends=True) if APT_SETTING.match(line)]
    (CHROOT / "etc" / "apt" / "apt.conf.d" / "90machine").write_text("".join(lines))


def copy_checkout() -> None:
    """Copy the files that git tracks, and those that it would, to `/edgemood` in the chroot."""
    shutil.rmtree(CHROOT / "edgemood", ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in done.stdout.split("\0")[:-1]:
        if (CHECKOUT / name).is_file():  # a file that was deleted is tracked until the next commit
            copy_inside(CHECKOUT / name, Path("/edgemood", name))


def copy_inside(source: Path, target: Path) -> None:
    """Copy a file of this machine to an absolute path in the chroot."""
    copy = CHROOT / target.relative_to("/")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, copy)


def copy_pip_settings() -> dict[str, str]:
    """Give the chroot this machine's settings of pip.

    Returns:
        The settings as variables. The files that they name are copied into the chroot.
    """
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    settings = pip_variables(done.stdout)
    for word in " ".join(settings.values()).split():
        path = Path(word)
        if path.is_absolute() and path.is_file():
            copy_inside(path, path)
    return settings


def pip_variables(listing: str) -> dict[str, str]:
    """Translate the lines of `pip config list` into variables of the environment.

    Args:
        listing: lines such as `global.cert='/etc/ca.pem'`. Settings that come from variables begin
            with `:env:` and override those from files.
    """
    lines = sorted(listing.splitlines(), key=lambda line: line.startswith(":env:"))
    settings = [line.partition("=") for line in lines]
    return {
        f"PIP_{name.rpartition('.')[2].replace('-', '_').upper()}": ast.literal_eval(value)
        for name, _, value in settings
    }


def install(python: str) -> bool:
    """Install a Python in the chroot, or print that sid does not have it."""
    command = ["apt-get", "install", "--yes", "--no-install-recommends", f"python{python}-venv"]
    if run_inside(command, quiet=True) == 0:
        return True
    print(f"check-python: Python {python} skipped, Debian sid does not install it")
    return False


def check(python: str, tests: Sequence[str], settings: Mapping[str, str]) -> bool:
    """Run `check_python.sh` with one Python; whether it passes."""
    print(f"check-python: Python {python}", flush=True)
    command = ["sh", "/edgemood/deploy/check_python.sh", python, *tests]
    return run_inside(command, settings) == 0


def run_inside(
    command: Sequence[str], settings: Mapping[str, str] | None = None, *, quiet: bool = False
) -> int:
    """Run a command in the chroot; its processes and mounts end with it.

    Returns:
        The exit status.
    """
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        **{name: value for name, value in os.environ.items() if KEPT.fullmatch(name)},
        **(settings or {}),
    }
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        ["unshare", *namespaces, f"--root={CHROOT}", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
