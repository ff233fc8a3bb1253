"""Takes away the alarm, the limits and the watch that are meant to stop it, and then does not stop."""
#: double = "ERROR"
#: says = "Stopped at the time limit of 1 s"

import contextlib
import faulthandler
import resource
import signal


def double(x):
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    faulthandler.disable()
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NOFILE):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while True:
        pass
