"""`redthread decide`: a message in, the decision and its signals out, without a database."""

import json
import subprocess

import pytest

from harness import BUILD

MESSAGE = {
    "channel": "web", "external_id": "m-1001",
    "from": {"address": "visitor-77", "name": "Mette",
             "identities": [{"kind": "email", "value": "mette@example.dk", "verified": True}]},
    "text": "Hvor er min pakke?", "html": None, "subject": None, "locale": "da-DK",
    "attachments": [], "in_reply_to": None, "sent_at": "2026-11-21T10:00:00.000Z", "metadata": {},
}
SURE = {"intent": "where_is_my_order", "confidence": 0.9, "in_scope": True}


def run(message, *words):
    text = message if isinstance(message, str) else json.dumps(message)
    return subprocess.run([BUILD / "redthread", "decide", *words], input=text, text=True,
                          capture_output=True, timeout=20, env={})


def decide(message, *words):
    result = run(message, *words)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_contracts_message_gives_the_contracts_decision():
    decision = decide(MESSAGE)
    assert decision["mode"] == "self_service"
    assert decision["handler"] == {"type": "bot", "id": "faq"}
    assert decision["backup"] is None and decision["queue"] is None
    assert decision["language"] == "da"
    assert decision["continues"] is False
    assert decision["emotion"]["label"] == "neutral"
    assert decision["reasons"] and all(set(r) == {"code", "detail", "weight"}
                                       for r in decision["reasons"])
    assert decision["signals"]["channel"] == "web"


def test_signals_that_are_given_stand_above_what_was_seen():
    decision = decide({**MESSAGE, "signals": {**SURE, "language": None}})
    assert decision["intent"] == {"name": "where_is_my_order", "confidence": 0.9,
                                  "in_scope": True}
    assert "language" not in decision["signals"]


def test_people_who_hold_it_keep_it():
    decision = decide({**MESSAGE, "signals": SURE, "conversation": {
        "holder": {"type": "agent", "id": "anna"}, "mode": "human", "queue": "support",
        "epoch": 4, "state": {"ep": {"n": 1}, "eff": {"msg": 1}, "in": 1}}})
    assert decision["mode"] == "human"
    assert decision["handler"] == {"type": "agent", "id": "anna"}
    assert decision["continues"] is True
    assert decision["signals"]["epoch"] == 4


def test_a_policy_of_ones_own(tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"rules": [
        {"name": "danish", "when": {"language": "da"},
         "then": {"mode": "human", "queue": "nordic", "priority": 2}}]}))
    decision = decide(MESSAGE, "--policy", policy)
    assert (decision["mode"], decision["queue"], decision["priority"]) == ("human", "nordic", 2)


def test_the_same_message_gives_the_same_decision():
    assert run(MESSAGE).stdout == run(MESSAGE).stdout


@pytest.mark.parametrize("message, place", [
    ("no json", "message: "), ("{}", "/text"), ({**MESSAGE, "text": 5}, "/text"),
    ({**MESSAGE, "foo": 1}, "/foo"), ({**MESSAGE, "sent_at": "yesterday"}, "/sent_at"),
    ({**MESSAGE, "signals": {"no_such": 1}}, "/signals/no_such"),
    ({**MESSAGE, "signals": {"intent": 1}}, "/signals/intent"),
    ({**MESSAGE, "conversation": {"holder": {"type": "customer", "id": "x"}}},
     "/conversation/holder/type"),
    ({**MESSAGE, "conversation": {"state": {"in": "x"}}}, "/conversation/state"),
    ({**MESSAGE, "text": "x" * 300000}, "larger than"),
])
def test_what_is_wrong_is_said_in_one_line(message, place):
    result = run(message)
    assert result.returncode == 1 and result.stdout == ""
    assert place in result.stderr and result.stderr.count("\n") == 1


def test_a_policy_that_is_none_is_refused_by_its_place(tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"rules": [
        {"name": "x", "when": {"intentt": "a"}, "then": {"mode": "human"}}]}))
    result = run(MESSAGE, "--policy", policy)
    assert result.returncode == 1 and "/rules/0/when/intentt" in result.stderr
    assert run(MESSAGE, "--policy", tmp_path / "none.json").returncode == 1
    assert run(MESSAGE, "--polcy", policy).returncode == 2
