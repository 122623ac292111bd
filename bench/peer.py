#!/usr/bin/env python3
"""Plans the same servers with rolewalk and with terraform, in turn, and shows the ratios beside the goals.

    bench/peer.py [--runs 5] [--rolewalk target/release/rolewalk] [--terraform terraform] [--quick]

Needs nothing but Python 3. Without terraform it says so and shows rolewalk's figures alone. What is measured, and how
the forms differ: bench/README.md. Never fails because of a time.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TERRAFORM_PLAN = ["plan", "-input=false", "-no-color", "-parallelism=10"]


def role_of(index):
    """The role that a server has: one master, then two slaves for each additional server."""
    return "master" if index == 0 else "additional" if index % 3 == 0 else "slave"


def servers(count):
    return [(f"SRV{index}", role_of(index)) for index in range(count)]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_rolewalk(folder, count):
    """The topology and two observations: nothing there, all as declared."""
    lines = "".join(f"  {name}: {role}\n" for name, role in servers(count))
    write(f"{folder}/topology.yaml", f"version: 1\ngroup: Store\nsystem: co-store\nservers:\n{lines}")
    # A store is never without its master: everybody else is still to be created.
    new = {name: {"role": role if role == "master" else "unregistered",
                  "disks": "complete" if role == "master" else "none"} for name, role in servers(count)}
    same = {name: {"role": role, "disks": "none" if role == "additional" else "complete"}
            for name, role in servers(count)}
    for name, seen in (("new", new), ("same", same)):
        group = {"group": "Store", "system": "co-store", "servers": seen}
        write(f"{folder}/{name}.json", json.dumps({"format": "rolewalk.snapshot/1", "groups": [group]}))


def described(count):
    """Each server as an inventory describes it: six fields, written the same in YAML and in HCL but for the sign between."""
    for index, (name, role) in enumerate(servers(count)):
        address = f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"
        yield name, {"role": f'"{role}"', "address": f'"{address}"', "memory": "2048", "cpus": "2",
                     "image": '"base-2022.vhdx"', "tags": f'["prod", "rack{index % 40}"]'}


def write_terraform(folder, count, form):
    """One terraform_data for each server: decoded from YAML (natural, roles) or generated as a block each (literal).

    `natural` and `literal` hold six fields for each server; `roles` decodes rolewalk's own topology, and nothing but roles.
    """
    os.makedirs(folder)
    if form in ("natural", "roles"):
        if form == "roles":
            shutil.copy(os.path.join(os.path.dirname(folder), "topology.yaml"), f"{folder}/topology.yaml")
        else:
            lines = (f"  {name}:\n" + "".join(f"    {key}: {value}\n" for key, value in fields.items())
                     for name, fields in described(count))
            write(f"{folder}/topology.yaml", "servers:\n" + "".join(lines))
        text = ('locals {\n  servers = yamldecode(file("${path.module}/topology.yaml")).servers\n}\n\n'
                'resource "terraform_data" "server" {\n  for_each = local.servers\n  input    = each.value\n}\n')
    else:
        block = 'resource "terraform_data" "{0}" {{\n  input = {{ {1} }}\n}}\n'
        text = "\n".join(block.format(name, ", ".join(f"{key} = {value}" for key, value in fields.items()))
                         for name, fields in described(count))
    write(f"{folder}/main.tf", text)


def measure(command, folder, codes):
    """Runs a command to its end: seconds, seconds of CPU and peak MiB of the whole process."""
    environment = dict(os.environ, CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1")
    with open(os.devnull, "r+b") as nothing, tempfile.TemporaryFile() as talk:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=nothing, stdout=nothing, stderr=talk)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            talk.seek(0)
            sys.exit(f"{' '.join(command)}: exit code {process.returncode}\n{talk.read().decode(errors='replace')}")
    return {"elapsed": elapsed, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}


def pairs(runs, product, peer):
    """Measures product and peer in turn, after one run of each that is not counted."""
    taken = []
    for index in range(runs + 1):
        pair = (product(), peer() if peer else None)
        if index:
            taken.append(pair)
    return taken


def median(values):
    return statistics.median(values)


def show(name, taken, goal=None, key="elapsed"):
    """Shows one line: medians of both sides, and the median of the ratios, pair by pair."""
    ours = median(one[0][key] for one in taken)
    text = f"{name:<44}{ours:>10.3f}"
    if taken[0][1] is not None:
        theirs = median(one[1][key] for one in taken)
        ratios = [one[0][key] / one[1][key] for one in taken]
        text += f"{theirs:>11.3f}{median(ratios):>10.4f} ({min(ratios):.4f}-{max(ratios):.4f})"
        if goal is not None:
            text += f"   goal {goal}: {'met' if median(ratios) <= goal else 'NOT MET'}"
    print(text, flush=True)
    return ours


class Bench:
    def __init__(self, options, folder):
        self.runs, self.rolewalk, self.terraform, self.folder = options.runs, options.rolewalk, options.terraform, folder

    def inputs(self, count):
        """Makes the inputs for so many servers, once."""
        folder = f"{self.folder}/{count}"
        if not os.path.isdir(folder):
            os.makedirs(folder)
            write_rolewalk(folder, count)
        return folder

    def ours(self, command, snapshot, count):
        line = [self.rolewalk, command, "topology.yaml", "--snapshot", f"{snapshot}.json", "--format", "json"]
        return lambda: measure(line, self.inputs(count), {0, 2})

    def theirs(self, form, count, drift=False):
        """terraform's plan of what is not there yet; with `drift`, of what was applied and has not changed."""
        if not self.terraform:
            return None
        folder = f"{self.inputs(count)}/{form}"
        if not os.path.isdir(folder):
            write_terraform(folder, count, form)
            measure([self.terraform, "init", "-input=false"], folder, {0})
        if drift and not os.path.exists(f"{folder}/terraform.tfstate"):
            apply = ["apply", "-input=false", "-no-color", "-auto-approve"]
            measure([self.terraform, *apply], folder, {0})
        line = [self.terraform, *TERRAFORM_PLAN, *(["-detailed-exitcode"] if drift else ["-out=plan.bin"])]
        return lambda: measure(line, folder, {0})

    def run(self, quick):
        print(f"{'':<44}{'rolewalk':>10}{'terraform':>11}{'ratio':>10} (least-most)")
        plan = lambda count, form, runs=self.runs: pairs(runs, self.ours("plan", "new", count), self.theirs(form, count))
        show("P3 plan, 10 servers, s", plan(10, "natural"), 0.25)
        natural = plan(1000, "natural")
        show("P1 plan, 1,000 servers, natural form, s", natural, 0.01)
        show("   the same beside roles alone, s", plan(1000, "roles"))
        literal = plan(1000, "literal")
        show("P2 plan, 1,000 servers, literal form, s", literal, 0.05)
        show("P5 peak, 1,000 servers, natural form, MiB", natural, 0.25, "peak")
        many = pairs(self.runs, self.ours("plan", "new", 5000), None if quick else self.theirs("literal", 5000))
        show("   plan, 5,000 servers, literal form, s", many)
        growth = median(one[0]["cpu"] for one in many) / median(one[0]["cpu"] for one in literal)
        print(f"P4 CPU at 5,000 / CPU at 1,000, rolewalk {growth:.2f}   goal 5.5: {'met' if growth <= 5.5 else 'NOT MET'}")
        if quick:
            print("P5 peak, 5,000 servers, natural form: left out (--quick)")
        else:
            one = [(self.ours("plan", "new", 5000)(), self.once("natural", 5000))]
            show("P5 peak, 5,000 servers, natural form, one run", one, 0.15, "peak")
        for form, goal in (("natural", 0.01), ("literal", 0.03)):
            drift = pairs(self.runs, self.ours("drift", "same", 1000), self.theirs(form, 1000, drift=True))
            show(f"D1 drift, none, 1,000 servers, {form} form, s", drift, goal)

    def once(self, form, count):
        peer = self.theirs(form, count)
        return peer() if peer else None


def version(terraform):
    said = subprocess.run([terraform, "version", "-json"], capture_output=True, text=True, check=True,
                          env=dict(os.environ, CHECKPOINT_DISABLE="1"))
    return json.loads(said.stdout)["terraform_version"]


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--runs", type=int, default=5, help="pairs that are counted")
    options.add_argument("--rolewalk", default=os.path.join(here, "target", "release", "rolewalk"))
    options.add_argument("--terraform", default="terraform")
    options.add_argument("--quick", action="store_true", help="leave terraform's minutes at 5,000 servers out")
    options = options.parse_args()
    if not os.path.exists(options.rolewalk):
        sys.exit(f"{options.rolewalk} is not there: `cargo build --release`, or name it with --rolewalk")
    options.rolewalk = os.path.abspath(options.rolewalk)
    options.terraform = shutil.which(options.terraform)
    if options.terraform:
        print(f"beside terraform {version(options.terraform)}, {options.runs} pairs in turn, {os.cpu_count()} cores")
    else:
        print(f"terraform is not on this machine: rolewalk's figures alone, {options.runs} runs, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        Bench(options, folder).run(options.quick)


if __name__ == "__main__":
    main()
