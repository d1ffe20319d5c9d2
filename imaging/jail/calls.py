"""Which system calls a decoder may make, by the numbers of x86-64 and of 64-bit ARM.

What is not named here ends the process: sockets, exec, signals to others, tracing, mounts, io_uring, keys and all that
a later kernel may add.
"""

_X86, _ARM = "x86_64", "aarch64"
Numbers = dict[str, tuple[int | None, int | None]]

ALLOWED: Numbers = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "brk": (12, 214),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "sysinfo": (99, 179),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
"""Memory, time, threads, and the one connection that is open already."""

REFUSED: Numbers = {
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "creat": (85, None),
    "stat": (4, None),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "ftruncate": (77, 46),
    "memfd_create": (319, 279),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "eventfd2": (290, 19),
    "ioctl": (16, 29),
    "fork": (57, None),
    "vfork": (58, None),
    "uname": (63, 160),
    "mlock": (149, 228),
    "mincore": (27, 232),
    "get_mempolicy": (239, 236),
    "set_mempolicy": (238, 237),
    "mbind": (237, 235),
    "sched_setaffinity": (203, 122),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_setscheduler": (144, 119),
    "setpriority": (141, 140),
}
"""What libraries try in good faith: they get EPERM and go on without."""

CONDITIONAL: Numbers = {
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "tgkill": (234, 131),
}
"""Allowed or not by their arguments; `filters` says how."""

SECCOMP: Numbers = {"seccomp": (317, 277)}


def is_known(machine: str) -> bool:
    """Whether we know the calls of this processor."""
    return machine in {_X86, _ARM}


def numbers(table: Numbers, machine: str, *names: str) -> list[int]:
    """The numbers of a table, or of some of its names, on this processor; what it does not have is left out."""
    place = 0 if machine == _X86 else 1
    chosen = (pair[place] for name, pair in table.items() if not names or name in names)
    return [number for number in chosen if number is not None]
