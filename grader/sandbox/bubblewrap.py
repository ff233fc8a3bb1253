"""The zygote inside bubblewrap: Python and its libraries to read, and nothing else of this machine.

No network, no home, no course, no submissions, no environment; a process table of its own. What lies
in a folder that is shown (a course inside site-packages, say) is covered. The course's data sets, which
are public, are shown.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from grader.errors import UserError
from grader.sandbox.namespaces import DATA, ENVIRONMENT, SCRATCH

LIBRARIES = ("torch", "numpy", "msgspec", "cloudpickle")
"""What a child imports besides the standard library; what they need lies beside them."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
"""/sys/…/cpu: torch chooses its kernels by what the processor can do."""
DEVICES = ("null", "zero", "full", "random", "urandom")
USER = 65534
"""nobody"""


def find_bubblewrap() -> str:
    """The path of bwrap. Raises UserError if there is none."""
    path = shutil.which("bwrap")
    if path is None:
        raise UserError("bubblewrap is not installed, and it keeps submissions apart.", INSTALL)
    return path


def must_work() -> None:
    """Raises UserError if bubblewrap is missing, or is there and does not start a process here."""
    if why := why_not():
        raise UserError(DOES_NOT_WORK.format(why=why), f"{remedy(why)}\n{OR_LESS}")


def why_not() -> str:
    """Why bubblewrap starts no process here, in its own words; empty if it does.

    Raises UserError if it is not installed.
    """
    words = [*words_before(()), sys.executable, "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TRY_SECONDS)
    except subprocess.TimeoutExpired:
        return f"it does not end within {TRY_SECONDS:g} s"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"]
    return said[-1].removeprefix("bwrap: ")


def remedy(why: str, system: Path = Path("/")) -> str:
    """What to type where bubblewrap does not work, by its own words and by what this system says."""
    if not _FORBIDDEN.search(why):
        return REPORT_IT

    def says(file: str, value: str) -> bool:
        try:
            return (system / "proc/sys" / file).read_text().strip() == value
        except OSError:
            return False

    if any((system / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        return CONTAINER
    if says("kernel/apparmor_restrict_unprivileged_userns", "1"):
        return APPARMOR
    for name in ("kernel/unprivileged_userns_clone", "user/max_user_namespaces"):
        if says(name, "0"):
            value = 1 if name.startswith("kernel") else 15_000
            return SWITCHED_OFF.format(name=name.replace("/", "."), value=value)
    return NO_NAMESPACES


def words_before(
    hide: Sequence[Path], data: Mapping[str, Path] = MappingProxyType({})
) -> list[str]:
    """What to put before the command. `hide` must not be seen inside, wherever it lies.

    `data` are files that are seen by their names, wherever they lie.

    Raises UserError if bubblewrap is missing, or where something would be seen all the same.
    """
    words = [find_bubblewrap(), *_SWITCHES, "--uid", str(USER), "--gid", str(USER)]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    needed = needed_folders()
    shown = _outermost(needed)
    for path in SYSTEM:
        if Path(path).is_symlink():  # /lib is one on most systems
            words += ["--symlink", str(Path(path).readlink()), path]
    words += ["--proc", "/proc", "--dir", SCRATCH]
    if not any(folder.is_relative_to("/tmp") for folder in shown):
        words += ["--symlink", SCRATCH, "/tmp"]
    for folder in shown:
        words += ["--ro-bind", str(folder), str(folder)]
    for path in FILES:
        words += ["--ro-bind-try", path, path]
    for name in DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for folder in _to_cover(shown, needed, hide):
        words += ["--tmpfs", str(folder)]
    package = _package()
    words += ["--ro-bind", str(package), str(package)]
    if (inside := package / "_course").is_dir():
        words += ["--tmpfs", str(inside)]
    for name, file in data.items():
        words += ["--ro-bind", str(file), f"{DATA}/{name}"]
    return [*words, "--remount-ro", "/", "--chdir", SCRATCH]


def needed_folders() -> list[Path]:
    """The folders to read: the system's, Python's, the libraries'."""
    wanted = [Path(path) for path in SYSTEM if not Path(path).is_symlink()]
    wanted += [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, sys.exec_prefix)]
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise UserError(f"{name} is not installed.", f"python -m pip install {name}")
        wanted.append(Path(spec.origin).resolve().parent.parent)
    return sorted({folder for folder in wanted if folder.is_dir()})


def _outermost(folders: Sequence[Path]) -> list[Path]:
    """Those that lie in no other."""
    taken: list[Path] = []
    for folder in folders:
        if not any(folder.is_relative_to(other) for other in taken):
            taken.append(folder)
    return taken


def _to_cover(
    shown: Sequence[Path], needed: Sequence[Path], hide: Sequence[Path]
) -> Iterator[Path]:
    """What is to be hidden and lies in a folder that is shown."""
    for secret in (path.resolve() for path in hide):
        if secret.is_dir() and any(secret.is_relative_to(folder) for folder in shown):
            if any(folder.is_relative_to(secret) for folder in needed):
                raise UserError(f"Python itself lies in {secret}, which has to be hidden.", MOVE_IT)
            yield secret


def _package() -> Path:
    return Path(__file__).resolve().parent.parent


_SWITCHES = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
    *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"),
    *("--cap-drop", "ALL", "--hostname", "zth"),
)
INSTALL = (
    "Install your system's package bubblewrap (apt install bubblewrap), or accept less with "
    "--isolation fork: then a submission may read this disk."
)
DOES_NOT_WORK = "bubblewrap is installed, and does not work here: {why}."
OR_LESS = "Or accept less with --isolation fork: then a submission may read this disk."
CONTAINER = (
    "A container does not let it make user namespaces. Start the container with:\n"
    "  docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined …"
)
APPARMOR = (
    "AppArmor lets no program make user namespaces (Ubuntu 23.10 and newer). Allow it for bubblewrap:\n"
    "  printf 'abi <abi/4.0>,\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n' "
    "| sudo tee /etc/apparmor.d/bwrap\n"
    "  sudo apparmor_parser -r /etc/apparmor.d/bwrap\n"
    "or, until the next boot, for all programs:\n"
    "  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
)
SWITCHED_OFF = "User namespaces are switched off. Switch them on:\n  sudo sysctl -w {name}={value}"
NO_NAMESPACES = (
    "It needs user namespaces, and something forbids them: ask who runs this machine to allow them for "
    "you."
)
REPORT_IT = (
    "Install zth and Python where /tmp is not above them, or please report it with this line."
)
_FORBIDDEN = re.compile("permi|namespace|uid map|unshare|clone|/proc", re.IGNORECASE)
TRY_SECONDS = 60.0
MOVE_IT = "Install Python elsewhere, or keep the course and the submissions in another folder."
