"""Runs scenarios at several benches at once, each with a guest of its own: most of them wait more than they compute."""

import contextlib
import io
import multiprocessing
import os
import queue
import time

from bench import Bench, Failed

FORK = multiprocessing.get_context("fork")


def name_of(scenario):
    """The name that the command line knows it by."""
    return scenario.__name__.replace("_", "-")


def heading(scenario):
    """What it shows, and which rules it proves."""
    return f"{name_of(scenario)}: {' '.join((scenario.__doc__ or '').split())} [{' '.join(scenario.rules)}]"


def attempt(bench, scenario):
    """Runs one scenario; returns whether it passed, and all that was said about it."""
    said, started = io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(said):
        try:
            scenario(bench)
            word = "pass"
        except Exception as error:  # a broken scenario is a failure, and the others go on
            word = "FAIL"
            kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
            print("        " + f"{kind}{error}".replace("\n", "\n        "))
        print(f"  {word}  {name_of(scenario)} ({time.monotonic() - started:.1f} s)")
        bench.tidy()
    return word == "pass", said.getvalue()


def work(bench, scenarios, following, reports):
    """Takes one scenario after the other, until none is left; what a report says is told in `gather`."""
    try:
        while True:
            with following.get_lock():
                index = following.value
                following.value += 1
            if index >= len(scenarios):
                return
            reports.put(("begun", os.getpid(), index))
            reports.put(("ended", os.getpid(), index, *attempt(bench, scenarios[index])))
    finally:
        bench.power_off()
        reports.put(("done", os.getpid(), bench.boots))


def gather(workers, scenarios, reports):
    """Prints what the workers report; returns how many passed, the names of those that did not, and the boots."""
    passed, boots, unfinished, working = set(), 0, {}, {worker.pid: worker for worker in workers}
    while working:
        try:
            kind, worker, *rest = reports.get(timeout=1)
        except queue.Empty:
            # One that was killed says nothing any more; what it had begun has not passed.
            for pid in [pid for pid, worker in working.items() if not worker.is_alive() and reports.empty()]:
                print(f"  FAIL  a bench came to its end in {unfinished.get(pid, 'no scenario')}", flush=True)
                del working[pid]
            continue
        if kind == "begun":
            unfinished[worker] = name_of(scenarios[rest[0]])
            print(f"  ...   {heading(scenarios[rest[0]])}", flush=True)
        elif kind == "ended":
            index, good, said = rest
            print(said, end="", flush=True)
            passed |= {index} if good else set()
        else:
            boots += rest[0]
            del working[worker]
    return len(passed), [name_of(one) for index, one in enumerate(scenarios) if index not in passed], boots


def run(cache, kernel, initramfs, scenarios, benches):
    """Runs all scenarios; returns how many passed, the names of the others, and how often a guest was started."""
    following, reports = FORK.Value("i", 0), FORK.Queue()
    workers = []
    for number in range(min(benches, len(scenarios))):
        folder = os.path.join(cache, f"bench-{number}")
        os.makedirs(folder, exist_ok=True)
        workers.append(FORK.Process(
            target=work, args=(Bench(folder, kernel, initramfs), scenarios, following, reports)))
    for worker in workers:
        worker.start()
    try:
        return gather(workers, scenarios, reports)
    finally:
        for worker in workers:
            worker.join()
