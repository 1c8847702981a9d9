"""What the house rules share: the list of sources, C with comments and strings blanked, the table
of exceptions, and a report. Each rule is a program of its own beside this file."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PURE_ROOMS = ("base", "codec", "model", "channel", "bot", "nlu", "decide")
IO_ROOMS = ("io", "store", "flow")

_BLANKED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
_STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/""", re.DOTALL)


class File:
    """One source: `path` relative to the top, `text` as it is, `code` with comments and literals
    replaced by spaces (lines and columns stay)."""

    def __init__(self, path):
        self.path = path.relative_to(TOP).as_posix()
        self.absolute = path
        self.text = path.read_text(encoding="utf-8")
        self.name = path.name
        self.stem = path.stem
        self.room = "/".join(self.path.split("/")[:2])

    @property
    def code(self):
        return _BLANKED.sub(_blank, self.text)

    @property
    def uncommented(self):
        return _COMMENT.sub(lambda m: m.group(1) or _blank(m), self.text)

    def strings(self):
        """(line, joined literal) for each run of adjacent string literals outside comments."""
        found, end = [], None
        text = self.uncommented
        for match in _STRING.finditer(text):
            glued = end is not None and not text[end:match.start()].strip()
            if glued:
                found[-1][1] += match.group(1)
            else:
                found.append([text.count("\n", 0, match.start()) + 1, match.group(1)])
            end = match.end()
        return [tuple(item) for item in found]


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def files(*globs):
    return [File(path) for pattern in globs for path in sorted(TOP.glob(pattern)) if path.is_file()]


def sources():
    """The product's C files and headers."""
    return files("common/*/*.[ch]", "services/*/*.[ch]")


def pure(file):
    return file.path.startswith("common/") and file.path.split("/")[1] in PURE_ROOMS


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Report:
    """Collects what a rule found. An exception is a line `rule path:thing  reason` in allow.txt;
    one that nothing needs any more is itself a finding."""

    def __init__(self, rule):
        self.rule = rule
        self.found = []
        self.allowed = {}
        self.used = set()
        for line in (TOP / "tests/arch/allow.txt").read_text().splitlines():
            words = line.split(None, 2)
            if line.startswith("#") or not words or words[0] != rule:
                continue
            if len(words) < 3:
                self.found.append(f"tests/arch/allow.txt: no reason given: {line}")
            self.allowed[words[1]] = True

    def bad(self, path, line, message, thing=""):
        key = f"{path}:{thing}" if thing else path
        if key in self.allowed:
            self.used.add(key)
        else:
            self.found.append(f"{path}:{line}: {message}")

    def end(self, checked):
        for key in self.allowed.keys() - self.used:
            self.found.append(f"tests/arch/allow.txt: not needed: {self.rule} {key}")
        for line in self.found:
            print(line)
        print(f"{self.rule}: {checked} checked, {len(self.found)} found")
        sys.exit(1 if self.found else 0)
