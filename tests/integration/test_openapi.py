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
        status = nobody.request(method, concrete).status
        assert status == (200 if operation.get("security") == [] else 401), (method, path, status)


def test_the_roles_in_the_document_are_those_of_the_router(document, world):
    clients = {"connector": world.connector("web"), "agent": world.agent("anna"),
               "dashboard": world.dashboard(), "admin": world.admin()}
    for (method, path), operation in operations(document).items():
        if operation.get("security") == [] or path == "/v1/stream":
            continue
        for role, client in clients.items():
            # No content type: whoever may is stopped there, before anything is done.
            concrete = re.sub(r"{\w+}", UUID, path)
            body = b"x" if method in ("POST", "PUT") else None
            kind = {"Content-Type": "text/plain"} if body else {}
            status = client.request(method, concrete, body, headers=kind).status
            assert (status != 403) == (role in operation["x-roles"]), (role, method, path, status)
