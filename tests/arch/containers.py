#!/usr/bin/python3
"""What ships the programs agrees with them: settings, ports, commands, packages, account and the
time to stop, in the Dockerfile, the compose file, the Kubernetes manifests and the documents."""

import re

import house
import yaml

DOCKERFILE, COMPOSE = "deploy/Dockerfile", "docker-compose.yml"
KUBERNETES = "deploy/kubernetes.yaml"
PORTS = {"redthread-router": "REDTHREAD_LISTEN", "redthread-worker": "REDTHREAD_METRICS_LISTEN"}
REQUIRED = ("REDTHREAD_DATABASE_URL", "REDTHREAD_SEALING_KEY")
STREAMS_S = 2  # how long open streams are given (END_STREAMS_MS)
FORGOTTEN = 20  # nothing takes longer to start, in failures of one second


def read(path):
    return (house.TOP / path).read_text()


def number(path, name):
    return int(re.search(rf"#define {name} (\d+)", read(path)).group(1))


class Settings:
    """The rows of config.def, and the names a client's shell has in deploy/run's env file."""

    def __init__(self):
        rows = re.findall(r'X\(\w+, +"(\w+)", +\w+, +"([^"]*)"', read("common/base/config.def"))
        self.defaults = dict(rows)
        table = re.search(r"client_names\[\] = \{(.*?)\}", read("common/base/config.c"), re.DOTALL)
        self.clients = re.findall(r'"(\w+)"', table.group(1))

    def seconds(self, name):
        return int(self.defaults[name]) / 1000

    def knows(self, name):
        return name.removesuffix("_FILE") in self.defaults or name in self.clients


class Image:
    """What the Dockerfile says."""

    def __init__(self):
        text = read(DOCKERFILE).replace("\\\n", " ")
        self.env = dict(re.findall(r"(REDTHREAD_\w+)=(\S+)", text))
        self.exposed = set(map(int, re.search(r"^EXPOSE (.*)", text, re.M).group(1).split()))
        self.user = int(re.search(r"^USER (\d+):", text, re.M).group(1))
        self.programs = set(re.findall(r"build/release/(redthread\S*)", text))
        self.packages = [set(re.findall(r"[a-z][\w.+-]+", line.split("--no-install-recommends")[1]
                                        .split("&&")[0]))
                         for line in re.findall(r"^RUN apt-get.*", text, re.M)]
        self.probed = int(re.search(r"HEALTHCHECK.*:(\d+)", text).group(1))

    def port(self, program):
        return int(self.env[PORTS[program]].rsplit(":", 1)[1])


class Rule(house.Report):
    def __init__(self):
        super().__init__("containers")
        self.checked = 0

    def want(self, good, path, message):
        self.checked += 1
        if not good:
            self.bad(path, 1, message)


def check_names(rule, settings):
    """Written anywhere, a setting exists: a program refuses the rest of its prefix."""
    for file in house.files("*.md", "docs/*.md", COMPOSE, "deploy/*", "deploy/demo/*"):
        for match in re.finditer(r"\bREDTHREAD_[A-Z][A-Z_]*[A-Z]\b", file.text):
            rule.checked += 1
            if not settings.knows(match.group()):
                rule.bad(file.path, house.line_of(file.text, match.start()),
                         f"{match.group()} is no row of config.def")


def check_image(rule, image):
    ports = {image.port(program) for program in PORTS}
    rule.want(image.exposed == ports, DOCKERFILE, f"exposes {image.exposed}, listens on {ports}")
    rule.want(image.probed == image.port("redthread-router"), DOCKERFILE, "probes another port")
    rule.want(image.user != 0, DOCKERFILE, "runs as root")
    listed = re.search(r"BUILD_PACKAGES := (.*?)\n\w", read("Makefile"), re.DOTALL).group(1)
    needed = set(listed.replace("\\", " ").split())
    rule.want(image.packages[0] == needed, DOCKERFILE,
              f"packages of the Makefile alone or here alone: {image.packages[0] ^ needed}")
    rule.want("tzdata" in image.packages[1], DOCKERFILE, "a policy's time zone needs tzdata")


def grace_s(settings, program, pre_stop_s=0):
    """How long a program may take to end: what it waits for, one after the other."""
    database = settings.seconds("REDTHREAD_DATABASE_TIMEOUT_MS")
    if program == "redthread-router":
        return pre_stop_s + settings.seconds("REDTHREAD_DRAIN_MS") + STREAMS_S + database
    bot = number("common/store/accounts.h", "ACCOUNTS_BOT_TIMEOUT_MAX_MS") / 1000
    return bot + settings.seconds("REDTHREAD_OUTBOUND_TIMEOUT_MS") + 2 * database


def check_compose(rule, settings, image):
    services = yaml.safe_load(read(COMPOSE))["services"]
    ours = {name: s for name, s in services.items() if s["image"] == "redthread"}
    for name, service in ours.items():
        program, given = service["command"][0], service["environment"]
        rule.want(program in image.programs, COMPOSE, f"{name}: the image has no {program}")
        rule.want(all(word in given for word in REQUIRED), COMPOSE, f"{name}: settings missing")
        for published in service.get("ports", []):
            rule.want(published.endswith(f":{image.port(program)}"), COMPOSE,
                      f"{name}: {published}")
        if program not in PORTS:
            continue
        url = service.get("healthcheck", {}).get("test", [f":{image.probed}"])[-1]
        rule.want(url.endswith(f":{image.port(program)}"), COMPOSE, f"{name}: probes {url}")
        grace = int(service.get("stop_grace_period", "10s").removesuffix("s"))
        rule.want(grace >= grace_s(settings, program), COMPOSE, f"{name}: {grace} s to stop")
    rule.want(len(ours) == 3, COMPOSE, f"not migrate, router and worker: {list(ours)}")


def check_pod(rule, where, pod, image, settings_given):
    """Where: the name that is complained of. What every pod of ours must have."""
    container, account = pod["containers"][0], pod["securityContext"]
    mount = container["volumeMounts"][0]["mountPath"]
    rule.want(pod["enableServiceLinks"] is False, KUBERNETES,
              f"{where}: variables of services begin with REDTHREAD_ and would be refused")
    rule.want(account["runAsUser"] == image.user and account["runAsNonRoot"], KUBERNETES,
              f"{where}: runs as another account than the image's")
    rule.want(container["args"][0] in image.programs, KUBERNETES, f"{where}: {container['args']}")
    rule.want(container["envFrom"] == [{"configMapRef": {"name": "redthread"}}], KUBERNETES,
              f"{where}: has not the settings")
    rule.want(all(path.startswith(mount + "/") for name, path in settings_given.items()
                  if name.endswith("_FILE")), KUBERNETES, f"{where}: secrets are not in {mount}")


def pre_stop_s(container):
    return int(container.get("lifecycle", {"preStop": {"exec": {"command": [0]}}})
               ["preStop"]["exec"]["command"][-1])


def check_deployment(rule, settings, image, found):
    """Ports, probes, labels and the time to stop."""
    where, template = found["metadata"]["name"], found["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    container, notes = pod["containers"][0], template["metadata"]["annotations"]
    port = image.port(container["args"][0])
    rule.want([p["containerPort"] for p in container["ports"]] == [port], KUBERNETES,
              f"{where}: the image listens on {port}")
    rule.want(notes["prometheus.io/port"] == str(port), KUBERNETES, f"{where}: scrapes elsewhere")
    probes = {kind: container[kind + "Probe"]["httpGet"] for kind in
              ("startup", "liveness", "readiness")}
    paths = {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    rule.want({kind: get["path"] for kind, get in probes.items()} == paths
              and all(get["port"] == container["ports"][0]["name"] for get in probes.values()),
              KUBERNETES, f"{where}: probes {probes}")
    rule.want(container["startupProbe"]["failureThreshold"] >= FORGOTTEN, KUBERNETES,
              f"{where}: is ended while it waits for the database")
    rule.want(found["spec"]["selector"]["matchLabels"].items() <= labels.items(), KUBERNETES,
              f"{where}: does not select its own pods")
    least = grace_s(settings, container["args"][0], pre_stop_s(container))
    rule.want(pod["terminationGracePeriodSeconds"] >= least, KUBERNETES,
              f"{where}: may take {least} s to stop")
    rule.want(container["readinessProbe"]["timeoutSeconds"] >=
              settings.seconds("REDTHREAD_DATABASE_TIMEOUT_MS"), KUBERNETES,
              f"{where}: a probe gives up before the database's deadline")


def check_kubernetes(rule, settings, image):
    all_of = {}
    for document in yaml.safe_load_all(read(KUBERNETES)):
        all_of.setdefault(document["kind"], []).append(document)
    given = all_of["ConfigMap"][0]["data"]
    rule.want(all(f"{name}_FILE" in given for name in REQUIRED), KUBERNETES, "settings missing")
    asked = set(re.findall(r"--from-literal=([\w-]+)=", read(KUBERNETES)))
    rule.want({path.rsplit("/", 1)[1] for path in given.values()} == asked, KUBERNETES,
              f"the secret that is made has {asked}")
    pods = all_of["Job"] + all_of["Deployment"]
    for found in pods:
        check_pod(rule, found["metadata"]["name"], found["spec"]["template"]["spec"], image, given)
    for found in all_of["Deployment"]:
        check_deployment(rule, settings, image, found)
    labels = [found["spec"]["template"]["metadata"]["labels"] for found in all_of["Deployment"]]
    chosen = ([s["spec"]["selector"] for s in all_of["Service"]] +
              [b["spec"]["selector"]["matchLabels"] for b in all_of["PodDisruptionBudget"]])
    for selector in chosen:
        rule.want(any(selector.items() <= one.items() for one in labels), KUBERNETES,
                  f"nobody has the labels {selector}")
    opened = {p["port"] for rows in all_of["NetworkPolicy"][0]["spec"]["ingress"]
              for p in rows["ports"]}
    rule.want(opened == image.exposed, KUBERNETES, f"the network policy opens {opened}")


def check_metrics(rule):
    """Each metric is explained to operators, and none that is not there."""
    page = "docs/operating.md"
    named = set(re.findall(r"`(redthread_\w+)`", read(page)))
    there = set(re.findall(r'"(redthread_\w+)"', read("common/base/metric.def")))
    for name in sorted(named ^ there):
        rule.want(False, page, f"{name} is {'no metric' if name in named else 'not explained'}")
    rule.checked += len(there)


def main():
    rule, settings, image = Rule(), Settings(), Image()
    check_names(rule, settings)
    check_image(rule, image)
    check_compose(rule, settings, image)
    check_kubernetes(rule, settings, image)
    check_metrics(rule)
    rule.end(rule.checked)


main()
