"""The zygote inside bubblewrap: Python and its libraries to read, and nothing else of this machine.

No network, no home, no course, no submissions, no environment; a process table of its own. What lies
in a folder that is shown (a course inside site-packages, say) is covered. The course's data sets, which
are public, are shown.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from grader.errors import UserError
from grader.judge.cell import DATA, ENVIRONMENT, SCRATCH

LIBRARIES = ("torch", "numpy", "msgspec", "cloudpickle")
"""What a child imports besides the standard library; what they need lies beside them."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
"""/sys/…/cpu: torch chooses its kernels by what the processor can do."""
DEVICES = ("null", "zero", "full", "random", "urandom")
USER = 65534
"""nobody"""


def find_bubblewrap() -> str:
    """The path of bwrap. Raises UserError where there is none."""
    path = shutil.which("bwrap")
    if path is None:
        raise UserError("bubblewrap is not installed, and it keeps submissions apart.", INSTALL)
    return path


def words_before(
    hide: Sequence[Path], data: Mapping[str, Path] = MappingProxyType({})
) -> list[str]:
    """What to put before the command. `hide` must not be seen inside, wherever it lies.

    `data` are files that are seen by their names, wherever they lie.

    Raises UserError where bubblewrap is missing, or where something would be seen all the same.
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
MOVE_IT = "Install Python elsewhere, or keep the course and the submissions in another folder."
