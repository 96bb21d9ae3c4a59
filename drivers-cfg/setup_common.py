# SPDX-License-Identifier: BSD-3-Clause
"""What nic-bind, hugepages and isolate-cores share: files of the machine, and a journal to undo changes.

All paths are below MUSTER_HOST_ROOT (default /), so that tests have a machine of their own. The journal is written
before each change, so an interrupted run can be undone too. It is kept in directories of root alone: whoever can
write it decides what root writes.
"""
import json
import os
import sys

ROOT = os.environ.get("MUSTER_HOST_ROOT", "/")


class Refused(Exception):
    """A line for people; exit status 1."""


def host(path):
    return os.path.join(ROOT, path.lstrip("/"))


def read(path, default=None):
    try:
        with open(host(path), encoding="ascii", errors="replace") as f:
            return f.read()
    except OSError:
        if default is None:
            raise Refused(f"cannot read {path}") from None
        return default


def put(path, text):
    """Writes a file of sysfs or procfs, which has to be there."""
    fd = os.open(host(path), os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def need_root():
    if ROOT == "/" and os.geteuid() != 0:
        raise Refused("needs root; --dry-run shows what it would do")


class Journal:
    """Changes of one program that --undo takes back, latest first."""

    def __init__(self, program, directory, dry_run):
        self.path = host(f"{directory}/{program}.json")
        self.dry_run = dry_run
        self.entries = []
        if os.path.exists(self.path):
            with open(self.path, encoding="ascii") as f:
                self.entries = json.load(f)

    def save(self):
        if not self.entries:
            if os.path.exists(self.path):
                os.unlink(self.path)
            return
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        fresh = self.path + ".new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as f:
            json.dump(self.entries, f)
            f.flush()
            os.fsync(f.fileno())
        os.rename(fresh, self.path)

    def note(self, entry):
        """Before a change: `entry` says how to take it back."""
        if not self.dry_run:
            self.entries.append(entry)
            self.save()

    def write(self, path, text, why, optional=False):
        """Changes one file of the kernel. Returns whether it took the value."""
        before = read(path)
        if before.strip() == text:
            return True
        print(f"write {text!r} to {path} (is {before.strip()!r}): {why}")
        if self.dry_run:
            return True
        self.note({"path": path, "before": before})
        try:
            put(path, text)
        except OSError as e:
            self.entries.pop()
            self.save()
            if optional:
                print(f"  left alone: {e.strerror}")
                return False
            raise Refused(f"{path} does not take {text!r}: {e.strerror}") from None
        return True

    def file(self, path, text, why):
        """Makes or replaces a whole file."""
        before = read(path, "") if os.path.exists(host(path)) else None
        if before == text:
            return
        print(f"{'make' if before is None else 'replace'} {path}: {why}")
        if self.dry_run:
            return
        self.note({"path": path, "before": before})
        os.makedirs(os.path.dirname(host(path)), exist_ok=True)
        with open(host(path), "w", encoding="ascii") as f:
            f.write(text)

    def undo(self, special=None):
        """Takes all back. `special` undoes entries without a path."""
        if not self.entries:
            print("nothing to undo")
        left = []
        for entry in reversed(self.entries):
            path = entry.get("path")
            print(f"undo: {entry['text'] if path is None else path}")
            if self.dry_run:
                continue
            try:
                if path is None:
                    special(entry)
                elif entry["before"] is None:
                    os.unlink(host(path))
                else:
                    put(path, entry["before"])
            except (OSError, Refused) as e:
                print(f"  not undone: {e}", file=sys.stderr)
                left.insert(0, entry)
        if not self.dry_run:
            self.entries = left
            self.save()
        if left:
            raise Refused("not all was undone; --undo tries the rest again")


def cpu_set(text):
    """'2-4,7' as numbers."""
    cpus = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        try:
            cpus.update(range(int(first), int(last or first) + 1))
        except ValueError:
            raise Refused(f"'{text}' is no list of CPUs such as 2-5,8") from None
    if not cpus:
        raise Refused(f"'{text}' names no CPU")
    return cpus


def cpu_text(cpus):
    """Numbers as '2-4,7'."""
    parts, run = [], []
    for cpu in sorted(cpus) + [None]:
        if run and cpu != run[-1] + 1 if cpu is not None else run:
            parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
            run = []
        run.append(cpu)
    return ",".join(parts)


def run(program, main):
    try:
        main()
    except Refused as e:
        print(f"{program}: {e}", file=sys.stderr)
        sys.exit(1)
