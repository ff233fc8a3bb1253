"""A submission that looks through its own process for an answer, and prints where it found one.

The two halves of the needle are kept apart and joined nowhere, so that the search does not find
itself: a hit is the first half with the second right behind it.
"""

import gc
import os
import sys
import types

HALVES = (b"tiny-marker-", b"5e8d41c07b")


def holds(data):
    at = data.find(HALVES[0])
    while at >= 0:
        behind = at + len(HALVES[0])
        if data[behind : behind + len(HALVES[1])] == HALVES[1]:
            return True
        at = data.find(HALVES[0], behind)
    return False


def texts_of(value):
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, (bytes, bytearray)):
        yield bytes(value)
    elif isinstance(value, types.CodeType):
        yield value.co_filename.encode()
        for constant in value.co_consts:
            yield from texts_of(constant)


def search_objects():
    gc.unfreeze()
    for holder in gc.get_objects():
        for value in gc.get_referents(holder):
            if any(map(holds, texts_of(value))):
                yield type(holder).__name__


def search_frames():
    frames = [*sys._current_frames().values(), sys._getframe()]
    while frames:
        frame = frames.pop()
        if frame is None:
            continue
        frames.append(frame.f_back)
        for scope in (frame.f_locals, frame.f_globals):
            for name, value in list(scope.items()):
                if any(map(holds, texts_of(value))):
                    yield f"{name} in {frame.f_code.co_name}"


def search_modules():
    for name, module in list(sys.modules.items()):
        for key, value in list(vars(module).items()):
            if any(map(holds, texts_of(value))):
                yield f"{name}.{key}"


def search_descriptors():
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("/") and os.path.isfile(target):
            yield f"{target} is open"


def search_environment():
    for pid in ("self", os.getppid()):
        for what in ("environ", "cmdline"):
            with open(f"/proc/{pid}/{what}", "rb") as file:
                if holds(file.read()):
                    yield f"{what} of {pid}"


def search_memory(pid):
    """Every byte that a process can write to: its heap, its stacks, its tensors."""
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                where, rights, *_ = line.split()
                start, end = (int(part, 16) for part in where.split("-"))
                if not rights.startswith("rw"):
                    continue
                for at in range(start, end, 1 << 22):
                    try:
                        memory.seek(at)
                        if holds(memory.read(min(end - at, (1 << 22) + 64))):
                            yield f"memory of {pid}: {line.split()[-1]}"
                    except (OSError, ValueError, OverflowError):
                        break
    except PermissionError:
        print("memory of", pid, "is closed")


def search():
    searches = {
        "objects": search_objects(),
        "frames": search_frames(),
        "modules": search_modules(),
        "descriptors": search_descriptors(),
        "environment": search_environment(),
        "own memory": search_memory(os.getpid()),
        "parent's memory": search_memory(os.getppid()),
    }
    for name, found in searches.items():
        places = sorted(set(found))
        print(name, "FOUND" if places else "nothing", *places)


def echo(text):
    search()
    return text


def secret():
    search()
