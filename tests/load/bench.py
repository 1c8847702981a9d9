#!/usr/bin/python3
"""The benchmark: the router over HTTP beside the bare database, interleaved in one run.

CEIL is the product's own save driven by a bare libpq client (batches of 64, two connections), ONE the same as one
message a commit over eight. Machines are noisy: what counts are the ratios within a round, of which the median is
reported with its least and greatest. `--quick` takes a fifth of the time and a hundredth of the history.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import BUILD, Servers, World, eventually  # noqa: E402

LOADS = BUILD / "tests/load"
TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
TEXT_BYTES = 200
ROUTER_CASES = (1, 16, 64, 256)
GOALS = (  # name, figure, comparison, must, aim
    ("share of CEIL at 64 connections", "share64", ">=", 0.45, 0.60),
    ("share of CEIL at 256 connections", "share256", ">=", 0.55, 0.65),
    ("p50 at 1 connection / one bare call", "p50_ratio", "<=", 2.5, 1.7),
    ("slow disk: p99 at 64 / flush", "slow_p99_flushes", "<=", 8, 5),
    ("hot customer / uniform", "hot_ratio", ">=", 0.75, 0.85),
    ("with history / empty", "history_ratio", ">=", 0.80, 0.88),
    ("inbox page, history tenfold", "inbox_growth", "<=", 1.5, 1.2),
    ("30-day dashboard, history tenfold", "dashboard_growth", "<=", 1.5, 1.2),
    ("router CPU / bare libmicrohttpd answer", "cpu_ratio", "<=", 4.2, 3.2),
    ("bytes on disk a message beyond its text", "disk_bytes", "<=", 600, 500),
    ("idle router, MiB", "idle_mib", "<=", 25, 25),
    ("seconds without an answer in the soaks", "silent_seconds", "<=", 0, 0),
)


def run(program, *words):
    result = subprocess.run([LOADS / program, *map(str, words)], capture_output=True, text=True)
    if result.returncode not in (0, 1) or not result.stdout:
        raise SystemExit(f"{program} failed: {result.stderr}")
    if result.returncode:
        print(f"  ! {program}: {result.stdout.strip()} {result.stderr.strip()}", flush=True)
    return json.loads(result.stdout)


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14))  # own and reaped children


def tree_ticks(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = cpu_ticks(pid)
    for child in children:
        with contextlib.suppress(OSError):
            total += cpu_ticks(child)
    return total


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmRSS"))


class Bench:
    def __init__(self, options):
        self.options = options
        self.servers = Servers()
        self.servers.start()
        self.figures = {}
        self.fresh = 0

    def open(self):
        self.world = World(self.servers, routers=1, workers=0, log_level="warn").start()
        self.configure(self.world)
        self.ceiling_url = self.servers.postgres.url(self.servers.database())
        self.figures["idle_mib"] = round(rss_mib(self.world.router.pid), 1)

    @staticmethod
    def configure(world):
        admin = world.admin()
        for queue in ("support", "care"):
            admin.put(f"/v1/queues/{queue}", {"name": queue})
        admin.put("/v1/bots/faq", {"kind": "faq"})
        world.channel("web")

    def load(self, connections, seconds, *words, world=None):
        world = world or self.world
        figures = run("load", "--port", world.router.port, "--key", world.key("admin"), "--connections",
                      connections, "--seconds", seconds, "--text-bytes", TEXT_BYTES, *words)
        if world is self.world:
            self.fresh += figures["fresh"]
        return figures

    def metric(self, name):
        text = self.world.admin().get("/metrics").text
        return int(float(next(line.split()[1] for line in text.splitlines()
                              if line.startswith(name + " "))))

    # ---- the interleaved rounds ----

    def rounds(self):
        seconds, rounds = self.options.seconds, self.options.rounds
        rows = []
        self.load(64, 1)
        self.fresh_at_start, batches = self.fresh, self.metric("redthread_turn_batches_total")
        turns = self.metric("redthread_turns_total")
        pids = {"router": self.world.router.pid, "postgres": self.servers.postgres.pid,
                "redis": self.servers.redis.pid}
        spent = {name: 0 for name in pids}
        for number in range(rounds):
            row = {"ceil": run("ceiling", "--url", self.ceiling_url, "--messages", self.options.ceiling),
                   "one": run("ceiling", "--url", self.ceiling_url, "--batch", 1, "--connections", 8,
                              "--messages", self.options.ceiling // 8),
                   "alone": run("ceiling", "--url", self.ceiling_url, "--batch", 1, "--connections", 1,
                                "--messages", self.options.ceiling // 16)}
            before = {name: tree_ticks(pid) for name, pid in pids.items()}
            for connections in ROUTER_CASES:
                row[connections] = self.load(connections, seconds)
            for name, pid in pids.items():
                spent[name] += tree_ticks(pid) - before[name]
            rows.append(row)
            self.say_round(number, row)
        messages = self.fresh - self.fresh_at_start
        self.figures["cpu_us"] = {n: round(t * TICK_US / messages, 1) for n, t in spent.items()}
        self.figures["messages_per_commit"] = round(
            (self.metric("redthread_turns_total") - turns)
            / (self.metric("redthread_turn_batches_total") - batches), 1)
        self.figures["busy_mib"] = round(rss_mib(self.world.router.pid), 1)
        self.summarise(rows)

    @staticmethod
    def say_round(number, row):
        text = " ".join(f"{k}={v['per_second']:.0f}/s" for k, v in row.items())
        print(f"round {number + 1}: {text}", flush=True)

    def summarise(self, rows):
        def ratio(name, values):
            self.figures[name] = round(statistics.median(values), 3)
            self.figures[name + "_range"] = [round(min(values), 3), round(max(values), 3)]

        for connections in (64, 256):
            ratio(f"share{connections}",
                  [r[connections]["per_second"] / r["ceil"]["per_second"] for r in rows])
        ratio("batch_over_one", [r["ceil"]["per_second"] / r["one"]["per_second"] for r in rows])
        ratio("p50_ratio", [r[1]["p50_us"] / r["alone"]["p50_us"] for r in rows])
        for name in rows[0]:
            self.figures[f"case_{name}"] = {
                key: round(statistics.median(r[name][key] for r in rows), 1)
                for key in ("per_second", "p50_us", "p99_us")}

    # ---- single cases ----

    def bytes_per_message(self):
        sql = self.world.sql
        sql.rows("CHECKPOINT")
        size = "SELECT pg_database_size(current_database())"
        wal = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
        before, wal_before = int(sql.value(size)), int(float(sql.value(wal)))
        fresh = self.load(64, self.options.seconds * 3, "--customers", 1000)["fresh"]
        jobs = int(sql.value("SELECT pg_total_relation_size('job')"))
        self.figures["wal_bytes"] = round((int(float(sql.value(wal))) - wal_before) / fresh)
        grown = int(sql.value(size)) - before
        text = int(sql.value("SELECT avg(length(text))::int FROM message"))
        self.figures["disk_bytes"] = round(grown / fresh) - text
        self.figures["job_table_bytes_in_all"] = jobs

    def versus(self, name, words, connections=64):
        values = []
        for _ in range(self.options.rounds):
            plain = self.load(connections, self.options.seconds)
            other = self.load(connections, self.options.seconds, *words)
            values.append(other["per_second"] / plain["per_second"])
        self.figures[name] = round(statistics.median(values), 3)
        print(f"{name}: {self.figures[name]}", flush=True)

    def hot_and_duplicates(self):
        self.versus("hot_ratio", ("--customers", 1, "--tag", "hot"))
        self.versus("duplicates_ratio", ("--duplicates", 30))

    def bare_answer(self):
        """CPU of an answer that the loop gives by itself: what libmicrohttpd costs."""
        pid = self.world.router.pid
        before = tree_ticks(pid)
        answers = self.load(64, self.options.seconds, "--path", "/livez")["answers"]
        bare = (tree_ticks(pid) - before) * TICK_US / answers
        self.figures["bare_answer_us"] = round(bare, 1)
        self.figures["cpu_ratio"] = round(self.figures["cpu_us"]["router"] / bare, 2)

    def slow_disk(self):
        """A flush of 2 ms, emulated: every commit waits as if for its disk."""
        servers = self.servers
        for setting in ("commit_delay = 2000", "commit_siblings = 0"):
            servers.sql(f"ALTER SYSTEM SET {setting}")
        servers.sql("SELECT pg_reload_conf()")
        alone = run("ceiling", "--url", self.ceiling_url, "--batch", 1, "--connections", 1, "--messages", 500)
        p99 = [self.load(64, self.options.seconds)["p99_us"] for _ in range(self.options.rounds)]
        p50 = [self.load(1, self.options.seconds)["p50_us"] for _ in range(self.options.rounds)]
        self.figures["slow_flush_us"] = alone["p50_us"]
        self.figures["slow_p99_flushes"] = round(statistics.median(p99) / alone["p50_us"], 2)
        self.figures["slow_p50_ratio"] = round(statistics.median(p50) / alone["p50_us"], 2)
        for setting in ("commit_delay", "commit_siblings"):
            servers.sql(f"ALTER SYSTEM RESET {setting}")
        servers.sql("SELECT pg_reload_conf()")

    def soak(self):
        silent = 0
        for connections in (127, 128, 129, 512):
            figures = self.load(connections, self.options.soak)
            silent += figures["longest_gap_ms"] // 1000
            print(f"soak at {connections}: {figures['per_second']:.0f}/s, longest gap "
                  f"{figures['longest_gap_ms']} ms", flush=True)
        self.figures["silent_seconds"] = silent

    # ---- history ----

    def history(self):
        """Two worlds, one with a tenth of the history: ingest and reads against each other and against empty."""
        full, tenth = (World(self.servers, workers=0, log_level="warn") for _ in range(2))
        for world, messages in ((full, self.options.history), (tenth, self.options.history // 10)):
            print(f"storing {messages} messages", flush=True)
            world.sql.rows((pathlib.Path(__file__).parent / "history.sql").read_text()
                          .replace(":messages", str(messages)))
            world.start()
            self.configure(world)
        values = []
        for _ in range(self.options.rounds):
            empty = self.load(64, self.options.seconds)
            filled = self.load(64, self.options.seconds, world=full)
            values.append(filled["per_second"] / empty["per_second"])
        self.figures["history_ratio"] = round(statistics.median(values), 3)
        for name, path in (("inbox", "/v1/conversations?status=waiting&limit=50"),
                           ("dashboard", "/v1/reports/overview?bucket=day")):
            self.figures[f"{name}_growth"] = round(self.read_time(full, path) / self.read_time(tenth, path), 2)
        for world in (full, tenth):
            world.stop()

    def read_time(self, world, path):
        words = ("--path", path, "--port", world.router.port, "--key", world.key("admin"))
        return run("load", *words, "--connections", 1, "--seconds", self.options.seconds)["p50_us"]

    # ---- the books ----

    def check_books(self):
        """Rows, answers, decisions and jobs agree, and no seq has a gap."""
        sql = self.world.sql
        count = {name: int(sql.value(query)) for name, query in {
            "messages": "SELECT count(*) FROM message WHERE direction = 0",
            "arrivals": "SELECT count(*) FROM arrival",
            "decisions": "SELECT count(*) FROM message WHERE decision IS NOT NULL",
            "bot_jobs": "SELECT count(*) FROM job WHERE lane = 1",
            "gaps": "SELECT count(*) FROM (SELECT 1 FROM message GROUP BY bucket, conversation_id"
                    " HAVING count(*) <> max(seq)) g"}.items()}
        count["answered"] = self.fresh
        self.figures["books"] = count
        return (count["messages"] == count["arrivals"] == count["decisions"] == self.fresh
                and count["gaps"] == 0)

    def close(self):
        with contextlib.suppress(AssertionError):
            self.world.stop()
        self.servers.close()


def judge(figures):
    print("\n%-44s %10s %8s %8s" % ("goal", "reached", "must", "aim"))
    good = True
    for name, key, comparison, must, aim in GOALS:
        value = figures.get(key)
        if value is None:
            print("%-44s %10s" % (name, "not run"))
            continue
        met = value >= must if comparison == ">=" else value <= must
        good = good and met
        print("%-44s %10s %s%7s %s%7s%s" % (name, value, comparison, must, comparison, aim,
                                            "" if met else "   MISSED"))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="comma-separated: rounds,bytes,single,slow,soak,history")
    options = parser.parse_args()
    full = not options.quick
    options.rounds, options.seconds = (5, 3) if full else (3, 1)
    options.ceiling, options.soak = (60000, 60) if full else (15000, 5)
    options.history = 10_000_000 if full else 100_000
    wanted = set(options.only.split(",")) if options.only else {"rounds", "bytes", "single", "slow",
                                                               "soak", "history"}
    bench = Bench(options)
    try:
        bench.open()
        parts = (("rounds", bench.rounds), ("rounds", bench.bare_answer), ("bytes", bench.bytes_per_message),
                 ("single", bench.hot_and_duplicates), ("slow", bench.slow_disk), ("soak", bench.soak),
                 ("history", bench.history))
        for name, part in parts:
            if name in wanted:
                part()
        books = bench.check_books()
        print(json.dumps(bench.figures, indent=1))
        good = judge(bench.figures)
        print("books agree" if books else "BOOKS DO NOT AGREE")
        return 0 if books and good else 1
    finally:
        bench.close()


if __name__ == "__main__":
    sys.exit(main())
