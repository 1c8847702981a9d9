#!/usr/bin/python3
"""The benchmark: the router over HTTP beside the bare database, interleaved in one run.

CEIL is the product's own save driven by a bare libpq client (batches of 64, two connections), ONE
the same as one message a commit over eight, ALONE over one. Machines are noisy: what counts are the
ratios within a round, of which the median is reported with its least and greatest. `--quick` takes
a fifth of the time and a hundredth of the history; `--only` names the parts to run. What each
figure means stands in docs/benchmark.md. Ends with 0 if every goal that must be met is met and the
books agree.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import BUILD, Redis, Servers, World  # noqa: E402

LOADS = BUILD / "tests/load"
TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
TEXT_BYTES = 200
CUSTOMERS = 10000
ROUTER_CASES = (1, 16, 64, 256)
SOAKS = (127, 128, 129, 512)
QUIET = 0.10  # of the machine that others may use before a round is called noisy
GOALS = (  # name, figure, comparison, must, aim
    ("share of CEIL at 64 connections", "share64", ">=", 0.45, 0.60),
    ("share of CEIL at 256 connections", "share256", ">=", 0.55, 0.65),
    ("p50 at 1 connection / one bare call", "p50_ratio", "<=", 2.5, 1.7),
    ("router CPU / bare libmicrohttpd answer", "cpu_ratio", "<=", 4.2, 3.2),
    ("slow disk: p99 at 64 / flush", "slow_p99_flushes", "<=", 8, 5),
    ("slow disk: p50 at 1 / one bare call", "slow_p50_ratio", "<=", 1.3, 1.15),
    ("hot customer / uniform", "hot_ratio", ">=", 0.75, 0.85),
    ("with history / empty", "history_ratio", ">=", 0.80, 0.88),
    ("inbox page, history tenfold", "inbox_growth", "<=", 1.5, 1.2),
    ("30-day dashboard, history tenfold", "dashboard_growth", "<=", 1.5, 1.2),
    ("bytes on disk a message beyond its text", "disk_bytes", "<=", 600, 500),
    ("bytes of WAL a message", "wal_bytes", "<=", 1300, 900),
    ("idle router, MiB", "idle_mib", "<=", 25, 25),
    ("seconds without an answer in the soaks", "silent_seconds", "<=", 0, 0),
)
# What a stored message leaves for ever. Jobs are done and deleted, events expire.
LASTING = ("message", "arrival", "conversation", "identity", "customer")
PASSING = ("job", "event")


def run(program, *words):
    result = subprocess.run([LOADS / program, *map(str, words)], capture_output=True, text=True)
    if result.returncode not in (0, 1) or not result.stdout:
        raise SystemExit(f"{program} failed: {result.stderr}")
    if result.returncode:
        print(f"  ! {program}: {result.stdout.strip()} {result.stderr.strip()}", flush=True)
    return json.loads(result.stdout)


@contextlib.contextmanager
def bare():
    """libmicrohttpd and nothing else: its port and process id."""
    with subprocess.Popen([LOADS / "bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        yield int(child.stdout.readline()), child.pid


# ---- what processes spend ----

def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14))  # own and reaped children


def tree_ticks(pid):
    total = cpu_ticks(pid)
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            total += cpu_ticks(child)
    return total


def machine_ticks():
    """Busy and all, of every core."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return sum(fields) - fields[3] - fields[4], sum(fields)


def rss_mib(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 1)


class Meter:
    """CPU of our processes, and what the rest of the machine took meanwhile."""

    def __init__(self, pids):
        self.pids = pids
        self.at = self.read()

    def read(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = {name: tree_ticks(pid) * TICK_US for name, pid in self.pids.items()}
        return {**own, "load": int((children.ru_utime + children.ru_stime) * 1e6),
                "machine": machine_ticks()}

    def spent(self):
        """Microseconds by process, and the share of the machine that went to others."""
        now, before = self.read(), self.at
        own = {name: now[name] - before[name] for name in [*self.pids, "load"]}
        busy, total = (now["machine"][i] - before["machine"][i] for i in (0, 1))
        foreign = max(0.0, (busy * TICK_US - sum(own.values())) / (total * TICK_US))
        return own, foreign


class Bench:
    def __init__(self, options):
        self.options = options
        self.world = None
        self.fresh = 0
        self.figures, self.ranges, self.rows = {}, {}, []
        self.servers = Servers()
        self.servers.postgres.settings.update(shared_buffers="256MB", max_wal_size="4GB")
        self.servers.start()

    def open(self):
        self.world = World(self.servers, routers=1, workers=0).start()
        self.configure(self.world)
        self.ceiling_url = self.servers.postgres.url(self.servers.database())
        self.pids = {"router": self.world.router.pid, "postgres": self.servers.postgres.pid,
                     "redis": self.servers.redis.pid}
        self.figures["idle_mib"] = rss_mib(self.world.router.pid)
        self.meet(self.world)

    @staticmethod
    def configure(world):
        admin = world.admin()
        for queue in ("support", "care"):
            admin.put(f"/v1/queues/{queue}", {"name": queue})
        admin.put("/v1/bots/faq", {"kind": "faq"})
        world.channel("web")

    def meet(self, world):
        """Every customer writes once: what follows is not about strangers."""
        met = 0
        while met < CUSTOMERS * 1.1:
            met += self.load(64, 1, world=world)["fresh"]

    def load(self, connections, seconds, *words, world=None):
        world = world or self.world
        figures = run("load", "--port", world.router.port, "--key", world.key("admin"),
                      "--connections", connections, "--seconds", seconds, "--text-bytes",
                      TEXT_BYTES, "--customers", CUSTOMERS, *words)
        if world is self.world and "--path" not in words:
            self.fresh += figures["fresh"]
        return figures

    def ceiling(self, batch, connections, messages):
        return run("ceiling", "--url", self.ceiling_url, "--batch", batch, "--connections",
                   connections, "--messages", messages, "--text-bytes", TEXT_BYTES)

    def metrics(self, *names):
        lines = self.world.admin().get("/metrics").text.splitlines()
        return [int(float(next(line.split()[1] for line in lines if line.startswith(name + " "))))
                for name in names]

    def ratio(self, name, values):
        self.figures[name] = round(statistics.median(values), 3)
        self.ranges[name] = (round(min(values), 3), round(max(values), 3))
        print(f"  {name}: {self.figures[name]} {self.ranges[name]}", flush=True)

    # ---- the interleaved rounds ----

    def measured(self, connections, *words, seconds=None):
        """A load with what it cost: CPU by process, messages a commit."""
        counters = ("redthread_turns_total", "redthread_turn_batches_total")
        before, meter = self.metrics(*counters), Meter(self.pids)
        figures = self.load(connections, seconds or self.options.seconds, *words)
        spent, foreign = meter.spent()
        turns, batches = (now - then for now, then in zip(self.metrics(*counters), before))
        return {**figures, "foreign": foreign, "per_commit": turns / max(1, batches),
                "cpu": {name: us / figures["answers"] for name, us in spent.items()}}

    def round(self):
        n = self.options.ceiling
        row = {"CEIL": self.ceiling(64, 2, n), "ONE": self.ceiling(1, 8, n // 8),
               "ALONE": self.ceiling(1, 1, n // 16)}
        for connections in ROUTER_CASES:
            row[connections] = self.measured(connections)
        row["bare"] = self.measured(64, "--path", "/livez")
        return row

    def rounds(self):
        for number in range(self.options.rounds):
            row = self.round()
            noise = max(case.get("foreign", 0) for case in row.values())
            self.rows.append(row)
            print(f"  round {number + 1}: " + "  ".join(
                f"{name} {case['per_second']:.0f}" for name, case in row.items())
                + (f"   noisy: others took {noise:.0%}" if noise > QUIET else ""), flush=True)
        self.figures["busy_mib"] = rss_mib(self.world.router.pid)
        self.table()
        rows = self.rows
        self.ratio("batch_over_one",
                   [r["CEIL"]["per_second"] / r["ONE"]["per_second"] for r in rows])
        self.ratio("p50_ratio", [r[1]["p50_us"] / r["ALONE"]["p50_us"] for r in rows])

    def share(self):
        """CEIL, messages, CEIL: a few seconds apart, the machine is not the same."""
        def ceiling():
            return self.ceiling(64, 2, self.options.ceiling // 3)["per_second"]

        def once(connections):
            before, reached = ceiling(), self.load(connections, 1)["per_second"]
            return reached * 2 / (before + ceiling())

        for connections in (64, 256):
            self.ratio(f"share{connections}",
                       [once(connections) for _ in range(self.options.rounds * 3)])

    def cpu(self):
        """A message and bare answers by turns: seconds apart, the machine is not the same."""
        def router_us(*words):
            return self.measured(64, *words, seconds=1)["cpu"]["router"]

        with bare() as (port, pid):
            def bare_us():
                meter = Meter({"bare": pid})
                figures = run("load", "--port", port, "--connections", 64, "--seconds", 1,
                              "--text-bytes", TEXT_BYTES)
                return meter.spent()[0]["bare"] / figures["answers"]

            trios = [(router_us(), router_us("--path", "/livez"), bare_us())
                     for _ in range(self.options.rounds * 5)]
        self.ratio("cpu_ratio", [message / answer for message, answer, _ in trios])
        self.ratio("cpu_beside_library", [message / answer for message, _, answer in trios])

    def table(self):
        """The median of each case."""
        def median(name, read):
            return statistics.median(read(row[name]) for row in self.rows)

        print("\n  %-8s %9s %9s %9s  %8s  CPU us a message: %7s %9s %6s %5s" % (
            "case", "msg/s", "p50 us", "p99 us", "a commit", "router", "postgres", "redis", "load"))
        for name in self.rows[0]:
            line = "  %-8s %9.0f %9.0f %9.0f" % (name, *(
                median(name, lambda case, key=key: case[key])
                for key in ("per_second", "p50_us", "p99_us")))
            if "cpu" in self.rows[0][name]:
                cpu = [median(name, lambda case, key=key: case["cpu"][key])
                       for key in ("router", "postgres", "redis", "load")]
                line += "  %8.1f  %17s %7.1f %9.1f %6.1f %5.1f" % (
                    median(name, lambda case: case["per_commit"]), "", *cpu)
            print(line)
        print(flush=True)

    # ---- single cases ----

    def sizes(self):
        names = ", ".join(f"pg_total_relation_size('{name}')" for name in LASTING + PASSING)
        return dict(zip(LASTING + PASSING, map(int, self.world.sql.rows(f"SELECT {names}")[0])))

    def wal(self):
        return int(float(self.world.sql.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")))

    def bytes_per_message(self):
        sql = self.world.sql
        for table in LASTING + PASSING:
            sql.rows(f"VACUUM {table}")
        sql.rows("CHECKPOINT")
        self.load(64, self.options.seconds)  # past the full-page images that a checkpoint causes
        before, wal = self.sizes(), self.wal()
        fresh = self.load(64, self.options.seconds * 4)["fresh"]
        grown = {name: (size - before[name]) / fresh for name, size in self.sizes().items()}
        self.figures["wal_bytes"] = round((self.wal() - wal) / fresh)
        self.figures["disk_bytes"] = round(sum(grown[name] for name in LASTING)) - TEXT_BYTES
        print("  bytes on disk a message: " + ", ".join(
            f"{name} {size:.0f}" for name, size in grown.items()) + f" (text {TEXT_BYTES})",
            flush=True)

    def versus(self, name, *words):
        values = []
        for _ in range(self.options.rounds):
            plain = self.load(64, self.options.seconds)
            values.append(self.load(64, self.options.seconds, *words)["per_second"]
                          / plain["per_second"])
        self.ratio(name, values)

    def hot_and_duplicates(self):
        self.versus("hot_ratio", "--customers", 1, "--tag", "hot")
        self.versus("duplicates_ratio", "--duplicates", 30)

    def slow_disk(self):
        """A flush of a little over 2 ms, emulated: every commit waits as if for its disk."""
        sql = self.servers.sql
        for setting in ("commit_delay = 2000", "commit_siblings = 0"):
            sql(f"ALTER SYSTEM SET {setting}")
        sql("SELECT pg_reload_conf()")
        alone, p50, p99 = [], [], []
        for _ in range(self.options.rounds):
            alone.append(self.ceiling(1, 1, 500)["p50_us"])
            p99.append(self.load(64, self.options.seconds)["p99_us"] / alone[-1])
            p50.append(self.load(1, self.options.seconds)["p50_us"] / alone[-1])
        self.figures["slow_flush_us"] = statistics.median(alone)
        self.ratio("slow_p99_flushes", p99)
        self.ratio("slow_p50_ratio", p50)
        for setting in ("commit_delay", "commit_siblings"):
            sql(f"ALTER SYSTEM RESET {setting}")
        sql("SELECT pg_reload_conf()")

    def soak(self):
        silent = 0
        for connections in SOAKS:
            figures = self.load(connections, self.options.soak)
            silent += figures["longest_gap_ms"] // 1000
            print(f"  {connections} connections, {self.options.soak} s: "
                  f"{figures['per_second']:.0f}/s, p99 {figures['p99_us']} us, longest gap "
                  f"{figures['longest_gap_ms']} ms, wrong {figures['bad']}, "
                  f"router {rss_mib(self.world.router.pid)} MiB", flush=True)
        self.figures["silent_seconds"] = silent

    # ---- history ----

    def historic(self, messages):
        """A world with messages stored, and a Redis of its own: two worlds have the same customers,
        and each would find the other's sessions."""
        directory = self.servers.root / f"redis{messages}"
        directory.mkdir()
        world = World(self.servers, workers=0, redis=Redis(directory).start())
        began = time.monotonic()
        script = (pathlib.Path(__file__).parent / "history.sql").read_text()
        script = script.replace(":messages", str(messages)).rstrip(";\n")
        for statement in script.split(";\n"):
            world.sql.rows(statement)
        world.start()
        self.configure(world)
        self.meet(world)
        print(f"  {messages} messages stored in {time.monotonic() - began:.0f} s", flush=True)
        return world

    def history(self):
        """Ingest on a long history against a short one, and reads against a tenth of it."""
        full, tenth = (self.historic(self.options.history // part) for part in (1, 10))
        try:
            self.ratio("history_ratio", [self.against(full, tenth)
                                         for _ in range(self.options.rounds)])
            for name, path in (("inbox", "/v1/conversations?status=waiting&limit=50"),
                               ("dashboard", "/v1/reports/overview?bucket=day")):
                self.ratio(f"{name}_growth", [
                    self.read_us(full, path) / self.read_us(tenth, path)
                    for _ in range(self.options.rounds)])
        finally:
            for world in (full, tenth):
                world.stop()
                world.redis.stop()

    def against(self, full, tenth):
        """As many must wait on the tenth, or the inbox would grow and not the history."""
        long, short = (self.load(64, self.options.seconds, world=world)["per_second"]
                       for world in (full, None))
        self.load(64, self.options.seconds, world=tenth)
        return long / short

    def read_us(self, world, path):
        return self.load(1, self.options.seconds / 3, "--path", path, world=world)["p50_us"]

    # ---- the books ----

    def books(self):
        """Rows, answers, decisions and jobs agree, and no seq has a gap."""
        inbound = "FROM message WHERE direction = 0"
        count = {name: int(self.world.sql.value(query)) for name, query in {
            "messages": f"SELECT count(*) {inbound}",
            "arrivals": "SELECT count(*) FROM arrival",
            "decisions": f"SELECT count(*) {inbound} AND decision IS NOT NULL",
            "events": "SELECT count(*) FROM event WHERE kind = 0",
            "jobs of nothing": "SELECT count(*) FROM job j WHERE NOT EXISTS (SELECT 1 FROM message"
                               " m WHERE m.bucket = j.bucket AND m.conversation_id ="
                               " j.conversation_id AND m.seq = j.seq)",
            "gaps": "SELECT count(*) FROM (SELECT 1 FROM message GROUP BY bucket, conversation_id"
                    " HAVING count(*) <> max(seq) OR min(seq) <> 1) g",
            "behind": "SELECT count(*) FROM conversation c WHERE c.last_seq <> (SELECT max(seq)"
                      " FROM message m WHERE m.bucket = c.bucket AND m.conversation_id = c.id)",
        }.items()}
        print("  " + ", ".join(f"{n} {name}" for name, n in count.items())
              + f", {self.fresh} answers", flush=True)
        same = ("messages", "arrivals", "decisions", "events")
        return (all(count[name] == self.fresh for name in same)
                and count["gaps"] == count["behind"] == count["jobs of nothing"] == 0)

    def close(self):
        with contextlib.suppress(AssertionError):
            if self.world:
                self.world.stop()
        self.servers.close()


def judge(bench):
    print("\n%-42s %9s  %-16s %9s %9s" % ("goal", "reached", "least, greatest", "must", "aim"))
    good = True
    for name, key, comparison, must, aim in GOALS:
        value = bench.figures.get(key)
        if value is None:
            print("%-42s %9s" % (name, "not run"))
            continue
        met = value >= must if comparison == ">=" else value <= must
        good = good and met
        between = "%s, %s" % bench.ranges[key] if key in bench.ranges else ""
        print("%-42s %9s  %-16s %s %6s %s %6s%s" % (name, value, between, comparison, must,
                                                    comparison, aim, "" if met else "  MISSED"))
    rest = {k: v for k, v in bench.figures.items() if k not in {goal[1] for goal in GOALS}}
    print("also: " + ", ".join(f"{name} {value}" for name, value in rest.items()))
    return good


def main():
    parts = {"rounds": Bench.rounds, "share": Bench.share, "cpu": Bench.cpu,
             "bytes": Bench.bytes_per_message, "single": Bench.hot_and_duplicates,
             "slow": Bench.slow_disk, "soak": Bench.soak, "history": Bench.history}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(parts), help="comma-separated parts to run")
    parser.add_argument("--history", type=int, help="messages of the long history")
    parser.add_argument("--save", default=BUILD / "bench.json", help="where the figures go")
    options = parser.parse_args()
    options.rounds, options.seconds = (3, 1) if options.quick else (5, 3)
    options.ceiling, options.soak = (15000, 5) if options.quick else (60000, 60)
    options.history = options.history or (100_000 if options.quick else 10_000_000)
    bench = Bench(options)
    try:
        bench.open()
        for name in options.only.split(","):
            print(f"{name}: {parts[name].__doc__ or ''}".rstrip(": "), flush=True)
            parts[name](bench)
        print(f"books: {Bench.books.__doc__}")
        books = bench.books()
        good = judge(bench)
        print("the books agree" if books else "THE BOOKS DO NOT AGREE")
        pathlib.Path(options.save).write_text(json.dumps(
            {"figures": bench.figures, "ranges": bench.ranges, "rounds": bench.rows}, indent=1))
        return 0 if books and good else 1
    finally:
        bench.close()


if __name__ == "__main__":
    sys.exit(main())
