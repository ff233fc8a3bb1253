"""Opens what a machine's devices give: its memory, its disks, its terminals, its shared memory."""
#: double = "FAIL"
#: never = "OPENED"
#: needs = ["read-only system"]

import os


def double(x):
    for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/sda", "/dev/vda", "/dev/tty", "/dev/kvm"):
        try:
            os.close(os.open(path, os.O_RDONLY))
            print("OPENED", path)
        except OSError:
            pass
    for name in ("/dev/shm", "/dev/mqueue", "/dev/pts"):
        if os.path.isdir(name) and os.listdir(name):
            print("OPENED", name)
    return x
