"""The document at /openapi.json, the table of routes and the running router agree, both ways."""

import re

import pytest

import harness
from harness import TOP

ROUTE = re.compile(r'"(GET|PUT|POST|DELETE)", "(/[^"]*)"')
SHORT = re.compile(r'^ +(GET|OPEN|DELETE|PUT|POST|TURN)\("(/[^"]*)"', re.MULTILINE)
METHOD = {"OPEN": "GET", "TURN": "POST"}
UUID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def world(servers):
    world = harness.World(servers, workers=0).start()
    yield world
    world.stop()


@pytest.fixture(scope="module")
def document(world):
    answer = world.router.client().get("/openapi.json")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    return answer.json


def routes():
    text = (TOP / "services/router/routes.c").read_text()
    table = text[text.index("static const struct route table"):text.index("#define ROUTES")]
    found = {(method, path) for method, path in ROUTE.findall(table)}
    return found | {(METHOD.get(word, word), path) for word, path in SHORT.findall(table)}


def operations(document):
    return {(method.upper(), path): operation for path, item in document["paths"].items()
            for method, operation in item.items()}


def test_every_route_is_documented_and_every_document_has_a_route(document):
    assert routes() == set(operations(document))
    assert len(routes()) > 60


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(document):
    assert document["openapi"].startswith("3.1.")

    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                target = document
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for value in node.values():
                walk(value)
        if isinstance(node, list):
            for value in node:
                walk(value)
    walk(document)
    names = [o["operationId"] for o in operations(document).values()]
    assert len(names) == len(set(names))


def test_path_parameters_are_declared(document):
    for (method, path), operation in operations(document).items():
        declared = set()
        for parameter in operation.get("parameters", []):
            if "$ref" in parameter:
                parameter = document["components"]["parameters"][parameter["$ref"].split("/")[-1]]
            if parameter["in"] == "path":
                declared.add(parameter["name"])
        assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)


def test_the_router_knows_each_operation_and_asks_for_the_key_the_document_says(document, world):
    nobody = world.router.client()
    for (method, path), operation in operations(document).items():
        concrete = re.sub(r"{\w+}", UUID, path)
        body = b"{}" if method == "POST" else None
        status = nobody.request(method, concrete, body).status
        if path.endswith("/stream") and operation.get("security") == []:
            continue  # its ticket is asked for behind the door
        proven = "{" in path  # by the provider of a channel; there is none of that name
        expected = 401 if operation.get("security") != [] else 404 if proven else 200
        assert status == expected, (method, path, status)


def test_the_roles_in_the_document_are_those_of_the_router(document, world):
    clients = {"connector": world.connector("web"), "agent": world.agent("anna"),
               "dashboard": world.dashboard(), "admin": world.admin()}
    for (method, path), operation in operations(document).items():
        if "x-roles" not in operation or path == "/v1/stream":
            continue
        for role, client in clients.items():
            # No content type: whoever may is stopped there, before anything is done.
            concrete = re.sub(r"{\w+}", UUID, path)
            body = b"x" if method in ("POST", "PUT") else None
            kind = {"Content-Type": "text/plain"} if body else {}
            status = client.request(method, concrete, body, headers=kind).status
            assert (status != 403) == (role in operation["x-roles"]), (role, method, path, status)


# ---- what the router answers has the shape that is documented ----

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float), "null": type(None)}


class Shapes:
    """As much of JSON Schema as the document uses."""

    def __init__(self, document):
        self.document = document

    def follow(self, schema):
        while "$ref" in schema:
            target = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema

    def wrong(self, schema, value, at=""):
        """The first place that does not fit; None if all does."""
        schema = self.follow(schema)
        if "anyOf" in schema:
            found = [self.wrong(one, value, at) for one in schema["anyOf"]]
            return None if None in found else found[0]
        for one in schema.get("allOf", []):
            if problem := self.wrong(one, value, at):
                return problem
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        fits = any(isinstance(value, TYPES[t]) and (t == "boolean" or not isinstance(value, bool))
                   for t in types)
        if types and not fits:
            return f"{at}: {value!r} is not {types}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{at}: {value!r} is not in {schema['enum']}"
        return self.inside(schema, value, at)

    def inside(self, schema, value, at):
        if isinstance(value, list) and "items" in schema:
            problems = (self.wrong(schema["items"], v, f"{at}/{i}") for i, v in enumerate(value))
            return next(filter(None, problems), None)
        if not isinstance(value, dict):
            return None
        missing = set(schema.get("required", [])) - set(value)
        if missing:
            return f"{at}: {missing} missing"
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", {})
        problems = (self.wrong(known.get(name, more if isinstance(more, dict) else {}), v,
                               f"{at}/{name}") for name, v in value.items())
        return next(filter(None, problems), None)


@pytest.fixture(scope="module")
def ask(world, document):
    """Calls the router as admin and holds the answer against the document."""
    shapes = Shapes(document)
    templates = {re.compile(re.sub(r"{\w+}", "[^/]+", path) + r"$"): path
                 for path in sorted(document["paths"], key=lambda p: p.count("{"))}

    def call(method, path, body=None, client=None):
        answer = (client or world.admin()).request(method, path, body)
        template = next(path_ for pattern, path_ in templates.items()
                        if pattern.match(path.partition("?")[0]))
        responses = document["paths"][template][method.lower()]["responses"]
        assert str(answer.status) in responses, (method, path, answer)
        response = shapes.follow(responses[str(answer.status)])
        kind = (answer.headers["Content-Type"] or "").partition(";")[0]
        assert set(response.get("content", {})) == ({kind} if answer.body else set()), answer
        if answer.body:
            problem = shapes.wrong(response["content"][kind]["schema"], answer.json)
            assert problem is None, (method, path, problem)
        return answer
    return call


def test_each_parameter_that_can_be_refused_has_its_refusals(document):
    """A limit may be none; a key for repeats malformed, in use, or another body's."""
    refusals = {"Limit": {"422"}, "IdempotencyKey": {"400", "409", "422"}}
    for where, operation in operations(document).items():
        for parameter in operation.get("parameters", []):
            name = parameter.get("$ref", "").rpartition("/")[2]
            missing = refusals.get(name, set()) - set(operation["responses"])
            assert not missing, (where, name, missing)


def test_what_was_merged_away_says_where_to_as_documented(ask, world):
    ask("PUT", "/v1/channels/web", {"kind": "connector"})
    one, two = (ask("POST", "/v1/messages", {
        "channel": "web", "external_id": name, "text": "Hello", "from": {"address": name}}
        ).json["message"] for name in ("merged-1", "merged-2"))
    ask("POST", f"/v1/customers/{one['customer_id']}/merge", {"from": two["customer_id"]})
    assert ask("GET", f"/v1/customers/{two['customer_id']}").status == 308
    for part in ("", "/messages", "/decisions", "/timeline", "/brief"):
        moved = ask("GET", f"/v1/conversations/{two['conversation_id']}{part}")
        assert moved.status == 308 and moved.json["merged_into"] == one["conversation_id"]


def test_answers_have_the_documented_shape(ask, world):
    for path, body in (("queues/support", {"name": "Support"}), ("bots/faq", {"kind": "faq"}),
                       ("bots/hook", {"kind": "webhook", "url": "http://127.0.0.1:1/",
                                      "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}),
                       ("channels/web", {"kind": "connector", "settings": {}}),
                       ("agents/anna", {"name": "Anna", "queues": ["support"]}),
                       ("knowledge/parcel", {"intent": None, "questions": ["Where is it?"],
                                             "answers": {"en": "On its way."}})):
        for _ in range(2):
            ask("PUT", f"/v1/{path}", body)
        assert ask("GET", f"/v1/{path}").status == 200
        assert ask("GET", f"/v1/{path.split('/')[0]}").json["items"]
    ask("PUT", "/v1/agents/anna/presence", {"status": "online", "capacity": 3})
    message = {"channel": "web", "external_id": "1", "text": "Where is my parcel? <a@b.dk>",
               "from": {"address": "x", "name": "X", "identities": [
                   {"kind": "email", "value": "a@b.dk", "verified": True}]}, "subject": "Parcel",
               "attachments": [{"url": "https://example.com/"}], "metadata": {"a": 1}}
    sent = ask("POST", "/v1/messages", message).json["message"]
    ask("POST", "/v1/messages", message)
    ask("POST", "/v1/messages", {**message, "text": "other"})
    ask("POST", "/v1/messages", {})
    ask("POST", "/v1/messages/batch", {"items": [message, {}]})
    path = f"/v1/conversations/{sent['conversation_id']}"
    agent = world.agent("anna")
    for action, body in (("takeover", {}), ("notes", {"text": "x"}), ("replies", {"text": "y"}),
                         ("promises", {"text": "z", "due_at": "2030-01-01T00:00:00Z"}),
                         ("offer", {"to": {"type": "queue", "id": "support"}}), ("decline", {}),
                         ("accept", {}), ("release", {"to": "queue"}), ("resolve", {})):
        ask("POST", f"{path}/{action}", body, agent)
    reply = ask("POST", f"{path}/replies", {"text": "again"}, agent).json["message"]
    ask("POST", "/v1/receipts", {"message_id": reply["id"], "status": "read"})
    ask("POST", "/v1/receipts", {"items": [{"status": "read"}]})
    ask("POST", "/v1/queues/support/claim", {"agent": "anna"})
    for part in ("", "/messages", "/decisions", "/timeline"):
        assert ask("GET", path + part).status == 200
    for name in ("/v1/conversations", "/v1/lookup?kind=email&value=a@b.dk",
                 f"/v1/messages/{reply['id']}", f"/v1/customers/{sent['customer_id']}",
                 f"/v1/customers/{sent['customer_id']}/export", f"/v1/decisions/{sent['id']}",
                 "/v1/policies", "/v1/models", "/v1/jobs", "/v1/knowledge/search?q=parcel",
                 "/v1/reports/overview", "/v1/reports/routing", "/v1/reports/queues", "/livez",
                 "/readyz", "/openapi.json"):
        assert ask("GET", name).status == 200, name
    ask("POST", f"/v1/decisions/{sent['id']}/replay")
    ask("POST", "/v1/decisions/preview", {"text": "x"})
    ask("POST", "/v1/analyze", {"text": "x"})
    ask("GET", f"/v1/customers/{UUID}")
    ask("GET", "/v1/agents/nobody")


def test_what_visitors_get_has_the_documented_shape(ask, world):
    nobody, path = world.router.client(), "/v1/channels/chat"
    ask("PUT", path, {"kind": "webchat", "settings": {"display_name": "Shop"}})
    opened = ask("POST", f"{path}/sessions", {"locale": "da"}, nobody)
    visitor = world.router.client(opened.json["token"])
    ask("POST", f"{path}/sessions", {"token": opened.json["token"]}, nobody)
    ask("POST", f"{path}/sessions", {"identity": {"jwt": "x"}}, nobody)
    ask("POST", f"{path}/sessions", {"identity": {}}, nobody)
    message = {"client_message_id": "12345678", "text": "Hello"}
    said = [ask("POST", f"{path}/sessions/messages", message, visitor) for _ in range(2)]
    ask("POST", f"{path}/sessions/messages", {**message, "text": "other"}, visitor)
    ask("POST", f"{path}/sessions/messages", {}, visitor)
    assert ask("GET", f"{path}/sessions/messages", client=visitor).json["items"]
    ask("POST", f"{path}/sessions/typing", {"typing": True}, visitor)
    ask("POST", f"{path}/sessions/read", {"message_id": said[0].json["message"]["id"]}, visitor)
    ask("POST", f"{path}/sessions/ticket", {}, visitor)
    stored = ask("GET", f"/v1/messages/{said[0].json['message']['id']}").json
    ask("POST", f"/v1/conversations/{stored['conversation_id']}/typing", {"typing": True},
        world.agent("anna"))
    ask("POST", f"{path}/sessions/end", {}, visitor)
    ask("GET", f"{path}/sessions/messages", client=visitor)


def test_errors_have_the_documented_shape(ask, world):
    nobody = world.router.client()
    for method, path in (("GET", "/v1/agents"), ("POST", "/v1/messages"), ("PUT", "/v1/bots/x")):
        assert ask(method, path, None if method == "GET" else {}, nobody).status == 401
    assert ask("POST", "/v1/messages", "[").status == 400
    assert ask("POST", "/v1/messages", "x" * (257 << 10)).status == 413
    assert ask("PUT", "/v1/queues/x", {"name": 5}).status == 422
    assert ask("GET", "/v1/jobs", client=world.dashboard()).status == 403
