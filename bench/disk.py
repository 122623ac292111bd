#!/usr/bin/env python3
"""Times the reading of vDisk files beside other programs, in one run, and prints the ratios with their goals.

Needs Python 3 and cargo; peers that are absent are named and left out. Writes only below --work, which it makes and
removes. Each measure runs product and peer in turn and takes the median of the pairs' ratios, so that whatever else
the machine does falls on both. What is measured, and why, is in bench/disk.md.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MIB = 1 << 20
PEERS = {
    "b3sum": ["b3sum", "--version"],
    "diff": ["diff", "--version"],
    "cat": ["cat", "--version"],
    "sha256sum": ["sha256sum", "--version"],
    "rsync": ["rsync", "--version"],
    "rclone": ["rclone", "version"],
    "qemu-img": ["qemu-img", "--version"],
}


def build():
    """Builds the driver, benches/disk.rs, and returns its path."""
    command = ["cargo", "bench", "--no-run", "--bench", "disk", "--message-format", "json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "disk":
            return message["executable"]
    sys.exit("cargo built no driver")


def once(command, keep=True):
    """Runs a command and returns its wall seconds, processor seconds, peak MiB, exit code and, if kept, its output."""
    with tempfile.TemporaryFile() if keep else open(os.devnull, "r+b") as out:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        text = ""
        if keep:
            out.seek(0)
            text = out.read().decode(errors="replace")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak": usage.ru_maxrss / 1024, "code": process.returncode, "text": text}


class Bench:
    def __init__(self, options, work):
        self.options, self.work, self.rows = options, work, []
        self.product = options.driver or build()
        self.present = {name: shutil.which(name) is not None for name in PEERS}
        for name, command in PEERS.items():
            found = once(command)["text"].splitlines()[:1] if self.present[name] else ["missing: left out"]
            print(f"{name}: {(found or ['?'])[0]}")

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def ours(self, *arguments):
        return [self.product, *arguments]

    def pair(self, label, what, ours, peer, goal, runs=None, prepare=None, check=None):
        """Runs both in turn; peer is a command, or what stands in for it."""
        if not self.present.get(peer[0], True):
            self.rows.append((label, what, f"{peer[0]} is missing", None, goal, None))
            return
        ratios, cpus, walls, peaks = [], [], [], []
        for turn in range(-1 if prepare is None else 0, runs or self.options.runs):
            results = []
            for command, keep in ((ours, True), (peer, False)):
                if prepare:
                    prepare()
                results.append(once(command, keep))
            if check:
                check(results[0])
            if turn >= 0:
                ratios.append(results[0]["wall"] / results[1]["wall"])
                cpus.append(results[0]["cpu"] / max(results[1]["cpu"], 1e-3))
                walls.append([result["wall"] for result in results])
                peaks.append(results[0]["peak"])
        mine, theirs = (statistics.median(wall[side] for wall in walls) for side in (0, 1))
        ratio = statistics.median(ratios)
        detail = f"{mine:.3f} s / {theirs:.3f} s, cpu {statistics.median(cpus):.2f}, {min(ratios):.2f}-{max(ratios):.2f}"
        self.rows.append((label, what, detail, ratio, goal, max(peaks)))
        self.show(self.rows[-1])

    def say(self, label, what, detail, good):
        self.rows.append((label, what, detail, None, good, None))
        self.show(self.rows[-1])

    def show(self, row):
        print("measured:", row[0], row[1], row[2], flush=True)

    def table(self):
        print("\n| # | measure | figures (ours / peer) | ratio | goal | met | peak MiB |\n|---|---|---|---|---|---|---|")
        missed = 0
        for label, what, detail, ratio, goal, peak in self.rows:
            good = goal if isinstance(goal, bool) else None if ratio is None else ratio <= goal
            missed += good is False
            verdict = {None: "-", True: "yes", False: "NO"}[good]
            goal = "" if isinstance(goal, bool) else f"<= {goal}"
            numbers = ("" if ratio is None else f"{ratio:.3f}", "" if peak is None else f"{peak:.0f}")
            print(f"| {label} | {what} | {detail} | {numbers[0]} | {goal} | {verdict} | {numbers[1]} |")
        return missed


def cool(paths):
    """Has the system forget the pages of these files, and of no others."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def make_dense(bench):
    """Two folders of random files; one bit of the last differs at 70 %, with length and time as they were."""
    chance = random.Random(1)
    for folder in ("a", "b"):
        os.mkdir(bench.path(folder))
    for number in range(bench.options.files):
        first, second = (bench.path(folder, f"disk{number}.vhd") for folder in ("a", "b"))
        with open(first, "wb") as file:
            for _ in range(bench.options.mib):
                file.write(chance.randbytes(MIB))
        shutil.copyfile(first, second)
        shutil.copystat(first, second)
    flip(second)
    files = [bench.path(folder, name) for folder in ("a", "b") for name in sorted(os.listdir(bench.path(folder)))]
    time.sleep(4)  # Files that were touched a moment ago aren't remembered.
    return files


def flip(path):
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(status.st_size * 7 // 10)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def make_sparse(bench):
    """Two equal sparse files; data in scattered runs of 2 MiB."""
    chance = random.Random(2)
    size, runs = bench.options.sparse_gib << 30, bench.options.data_mib // 2
    places = sorted(chance.sample(range(size // (2 * MIB)), runs))
    for folder in ("s", "t"):
        os.mkdir(bench.path(folder))
    with open(bench.path("s", "disk.vhd"), "wb") as first, open(bench.path("t", "disk.vhd"), "wb") as second:
        for place in places:
            data = chance.randbytes(2 * MIB)
            for file in (first, second):
                file.seek(place * 2 * MIB)
                file.write(data)
        first.truncate(size)
        second.truncate(size)


def make_images(bench):
    """A dynamic VHD, and one with the same disk whose blocks stand in reverse order."""
    for folder in ("v", "w"):
        os.mkdir(bench.path(folder))
    straight, turned = bench.path("v", "disk.vhd"), bench.path("w", "disk.vhd")
    options = "subformat=dynamic,force_size=on"
    command = ["qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", options, bench.path("s", "disk.vhd"), straight]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    # Block by block: a started process counts its parent's memory as its own peak.
    shutil.copyfile(straight, turned)
    with open(straight, "rb") as source, open(turned, "r+b") as target:
        head = source.read(512 + 1024)
        table, = struct.unpack_from(">Q", head, 512 + 16)
        count, block = struct.unpack_from(">II", head, 512 + 28)
        source.seek(table)
        entries = struct.unpack(f">{count}I", source.read(count * 4))
        used = [index for index, sector in enumerate(entries) if sector != 0xFFFFFFFF]
        for index, place in zip(reversed(used), (entries[index] for index in used)):
            source.seek(entries[index] * 512)
            target.seek(place * 512)
            target.write(source.read(512 + block))
            target.seek(table + index * 4)
            target.write(struct.pack(">I", place))


def expect(text):
    def check(result):
        if result["code"] != 0 or text not in result["text"]:
            sys.exit(f"expected {text!r}, got exit code {result['code']} and {result['text'][:500]!r}")
    return check


def dense(bench):
    files = make_dense(bench)
    a, b = bench.path("a"), bench.path("b")
    last = f"disk{bench.options.files - 1}.vhd: differs: "
    compare, hashing = bench.ours("compare", a, b), bench.ours("hash", a, b)
    bench.pair("H1", "two local copies, all differences named / diff -rq", compare, ["diff", "-rq", a, b], 0.6,
               check=expect(last))
    bench.pair("H2", "the same / rsync -rcn --delete", compare,
               ["rsync", "-rcn", "--delete", "--itemize-changes", a + "/", b], 0.5, check=expect(last))
    bench.pair("H3", "digest of every file, warm / b3sum", hashing, ["b3sum", *files], 1.05)
    if bench.present["b3sum"]:
        same = sorted(once(hashing)["text"].splitlines()) == sorted(once(["b3sum", *files])["text"].splitlines())
        bench.say("H3", "the digests are b3sum's", "equal" if same else "DIFFERENT", same)
    cold = lambda: cool(files)
    bench.pair("H4", "digest of every file, cold / b3sum", hashing, ["b3sum", *files], 0.9, prepare=cold)
    bench.pair("H4", "digest of every file, cold / cat", hashing, ["cat", *files], 1.10, prepare=cold)
    bench.pair("H4", "two local copies, cold / cat", compare, ["cat", *files], 1.10, prepare=cold)
    once(["cat", *files], keep=False)
    bench.pair("H5", "digest of every file / rclone check", hashing, ["rclone", "check", a, b], 0.07, runs=1)
    bench.pair("H5", "digest of every file / sha256sum", hashing, ["sha256sum", *files], 0.04, runs=1)
    remembered(bench, a, b)


def remembered(bench, a, b):
    cache = bench.path("cache")
    cached = bench.ours("cached", cache, a, b)
    paranoid = bench.ours("paranoid", cache, a, b)
    before = once(cached)
    bench.pair("H6", "second check, nothing changed / first", cached, paranoid, 0.02)
    flip(bench.path("a", "disk0.vhd"))
    time.sleep(4)
    after = once(cached)
    changed = sum(one != other for one, other in zip(before["text"].splitlines(), after["text"].splitlines()))
    bench.say("H7", "a flip behind restored size and time is reported", f"{changed} file changed", changed == 1)


def sparse(bench):
    make_sparse(bench)
    s, t = bench.path("s"), bench.path("t")
    files = [bench.path(folder, "disk.vhd") for folder in ("s", "t")]
    compare, manifest = bench.ours("compare", s, t), bench.ours("manifest", s, t)
    qemu = ["qemu-img", "compare", "-f", "raw", "-F", "raw", *files]
    bench.pair("H8", "sparse files compared / qemu-img compare", compare, qemu, 1.0, check=expect("Equal"))
    bench.pair("H8", "sparse files compared / b3sum", compare, ["b3sum", *files], 0.02, runs=1)
    bench.pair("H8", "manifests of sparse files / b3sum", manifest, ["b3sum", *files], 0.02, runs=1)
    bench.pair("H8", "digests of sparse files / b3sum (no goal: each zero has its own value)",
               bench.ours("hash", s, t), ["b3sum", *files], 1.0, runs=1)
    if not bench.present["qemu-img"]:
        bench.rows.append(("H9", "one disk, other block order", "qemu-img is missing", None, 1.0, None))
        return
    make_images(bench)
    v, w = bench.path("v"), bench.path("w")
    qemu = ["qemu-img", "compare", "-f", "vpc", "-F", "vpc", bench.path("v", "disk.vhd"), bench.path("w", "disk.vhd")]
    bench.pair("H9", "one disk, other block order / qemu-img compare", bench.ours("compare", v, w), qemu, 1.0,
               check=expect("OtherLayout"))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--work", default=None, help="a folder on the disk to be measured (default: a temporary one)")
    arguments.add_argument("--runs", type=int, default=5, help="pairs per measure")
    arguments.add_argument("--files", type=int, default=4, help="files in each of the two folders")
    arguments.add_argument("--mib", type=int, default=256, help="MiB per file; all of them must fit into memory twice")
    arguments.add_argument("--sparse-gib", type=int, default=8, help="length of the sparse files")
    arguments.add_argument("--data-mib", type=int, default=256, help="what of them is data")
    arguments.add_argument("--full", action="store_true", help="8 files of 1 GiB; 40 GiB with 1 GiB of data")
    arguments.add_argument("--driver", help="the driver, built before")
    options = arguments.parse_args()
    if options.full:
        options.files, options.mib, options.sparse_gib, options.data_mib = 8, 1024, 40, 1024
    work = tempfile.mkdtemp(prefix="disk-bench-", dir=options.work)
    try:
        bench = Bench(options, work)
        dense(bench)
        sparse(bench)
        peak = max(row[5] for row in bench.rows if row[5] is not None)
        bench.say("H10", "peak memory of all runs, at most 64 MiB", f"{peak:.0f} MiB", peak <= 64)
        sys.exit(1 if bench.table() else 0)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
