"""`redthread search`: queries in, ranked ids out, no database."""

import json
import pathlib

import pytest

from harness import cli

FAQ = pathlib.Path(__file__).resolve().parents[3] / "shared/data/faq/stackfaq.json"
LIBRARY = [
    {"id": 7, "question": "How do I return an item?", "answers": ["Within 30 days.", "Free."]},
    {"id": "parcel", "question": "Where is my parcel?",
     "answers": {"en": "On its way.", "da": "På vej."}, "queries": ["zzyzx"]},
]


@pytest.fixture
def knowledge(tmp_path):
    def write(content):
        path = tmp_path / "knowledge.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)
    return write


def search(path, lines):
    out = cli("search", "--knowledge", path, env={}, stdin="".join(f"{x}\n" for x in lines))
    return [json.loads(line) for line in out.splitlines()]


def test_a_line_in_is_a_line_out_best_first(knowledge):
    found = search(knowledge(LIBRARY), ["where's the parcel", "", "returning an item", "på vej"])
    assert [[hit["id"] for hit in hits][:1] for hits in found] == [["parcel"], [], [7], ["parcel"]]
    for hits in found:
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True) and all(score > 0 for score in scores)


def test_learned_queries_of_the_file_are_searched(knowledge):
    assert [hit["id"] for hit in search(knowledge(LIBRARY), ["zzyzx"])[0]] == ["parcel"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"id": 1}]', '[{"question": "x"}]', "[{]"])
def test_a_file_of_another_shape_is_refused(knowledge, content):
    result = cli("search", "--knowledge", knowledge(content), env={}, stdin="", check=False)
    assert result.returncode == 1 and result.stderr.count("\n") == 1 and not result.stdout


def test_missing_arguments_are_usage():
    assert cli("search", env={}, stdin="", check=False).returncode == 2


def test_paraphrases_find_their_entry(knowledge):
    """The floor stands below what was measured (0.82, 0.97), so that only a real loss fails."""
    if not FAQ.exists():
        pytest.skip(f"no {FAQ.name} here")
    entries = json.loads(FAQ.read_text())
    asked = [(entry["id"], " ".join(query.split())) for entry in entries
             for query in entry["queries"]]
    path = knowledge([{key: entry[key] for key in ("id", "question", "answers")}
                      for entry in entries])
    found = [[hit["id"] for hit in hits] for hits in search(path, [query for _, query in asked])]
    first = sum(ids[:1] == [right] for (right, _), ids in zip(asked, found))
    among = sum(right in ids[:5] for (right, _), ids in zip(asked, found))
    assert first >= 0.80 * len(asked) and among >= 0.95 * len(asked), (first, among, len(asked))
