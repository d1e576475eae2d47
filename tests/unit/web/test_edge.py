"""What every request goes through: problems for all that fails, headers on all that is answered, roles before work."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from eventing.errors import Conflict, Misconfigured, OrderloomError, Refusal, Unavailable
from eventing.web.auth import Role
from eventing.web.common_problems import COMMON
from eventing.web.keys import KeyRing
from eventing.web.local_issuer import LocalIssuer
from eventing.web.operation import Answer, Operation
from eventing.web.problems import MEDIA_TYPE, ProblemKind, Problems
from eventing.web.router import Router
from tests.support.web import CUSTOMER, MILK, Notes, application, client_of, edge_of

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "trace_id"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/notes/1/", 404, "not_found"),
        ("GET", "/V1/notes/1", 404, "not_found"),
        ("DELETE", "/v1/notes", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/notes/1", 405, "method_not_allowed"),
        ("TRACE", "/v1/notes", 405, "method_not_allowed"),
        ("POST", "/livez", 405, "method_not_allowed"),
        ("POST", "/plain/1", 405, "method_not_allowed"),
        ("GET", "/plain/one", 422, "invalid"),
        ("GET", "/plain/1?size=x", 422, "invalid"),
        ("GET", "/problems/nonsense", 404, "not_found"),
    ],
)
async def test_what_fastapi_says_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem = answer.json()
    assert set(problem) >= MEMBERS
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    if status == 405:
        assert answer.headers["allow"]


async def test_who_opens_an_address_with_nothing_is_shown_the_way(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/")).json()
    assert problem["detail"] == "There is nothing at this address: /docs lists what there is."


async def test_a_plain_route_names_what_is_wrong_with_its_parameters(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/plain/1?size=x")).json()
    assert [error["pointer"] for error in problem["errors"]] == ["#query/size"]
    assert (await client.get("/plain/2?size=3")).json() == {"number": 6}


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("refuse", 409, "note_exists"),
        ("unknown", 409, "unheard_of"),
        ("unavailable", 503, "unavailable"),
        ("misconfigured", 500, "internal"),
        ("fault", 500, "internal"),
    ],
)
async def test_what_a_handler_raises_is_a_problem(client: httpx.AsyncClient, text: str, status: int, code: str) -> None:
    answer = await client.post("/v1/notes", json={**MILK, "text": text})
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == f"/problems/{code if code != 'unheard_of' else 'refused'}"


@pytest.mark.parametrize(
    "request_of", [("POST", "/v1/notes", "fault"), ("POST", "/v1/notes", "misconfigured"), ("GET", "/plain/13", "")]
)
async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    client: httpx.AsyncClient, request_of: tuple[str, str, str]
) -> None:
    method, path, text = request_of
    answer = await client.request(method, path, json={**MILK, "text": text} if text else None)
    assert answer.status_code == 500
    for word in ("hunter2", "Traceback", "RuntimeError", "postgresql", ".py"):
        assert word not in answer.text


async def test_the_facts_of_a_refusal_are_members_of_the_problem(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={**MILK, "text": "refuse"})
    assert answer.json()["note"] == "milk"


async def test_what_is_unavailable_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={**MILK, "text": "unavailable"})
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refusal("no", code="refused"), 409),
        (Conflict("order-1", 1, 2), 409),
        (Unavailable(), 503),
        (Misconfigured("no"), 500),
        (OrderloomError(), 500),
        (ValueError("no"), 500),
    ],
)
def test_an_error_has_one_status(error: Exception, status: int) -> None:
    assert Problems(*COMMON).render(error, instance="/", trace_id=TRACE).status == status


def test_a_fact_can_not_pass_for_a_member_of_the_problem() -> None:
    problems = Problems(*COMMON)
    answer = problems.response(Refusal("no", status=200, trace_id="x", sku="A"), instance="/", trace_id=TRACE)
    assert b'"status":409' in answer.body
    assert b'"sku":"A"' in answer.body
    assert TRACE.encode() in answer.body


def test_a_code_stands_once_in_the_table() -> None:
    row = ProblemKind("a", 400, "A", cause="", fix="")
    with pytest.raises(Misconfigured, match="twice"):
        Problems(row, row)


@pytest.mark.parametrize("code", [kind.code for kind in COMMON])
async def test_the_type_of_a_problem_is_a_page(client: httpx.AsyncClient, code: str) -> None:
    page = await client.get(f"/problems/{code}")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "What to do" in page.text
    assert "curl" in page.text
    assert f"/problems/{code}" in (await client.get("/problems")).text


async def test_the_role_decides_before_the_work(keys: KeyRing, issuer: LocalIssuer) -> None:
    notes = Notes()
    app = application(edge_of(keys), notes)
    for roles, status in (([], 403), ([Role.WAREHOUSE], 403), ([Role.CUSTOMER, Role.WAREHOUSE], 201)):
        async with client_of(app, issuer.issue("alice", roles)) as client:
            answer = await client.post("/v1/notes", json=MILK)
            assert answer.status_code == status
            assert len(notes.told) == (status == 201)
    async with client_of(app, issuer.issue("alice", [])) as client:
        assert (await client.post("/v1/notes", content=b"no json")).json()["required_roles"] == ["customer"]


async def test_whoever_is_not_known_learns_nothing_of_the_body(keys: KeyRing) -> None:
    async with client_of(application(edge_of(keys))) as client:
        assert (await client.post("/v1/notes", content=b"no json")).status_code == 401


async def test_a_public_operation_asks_for_no_token(keys: KeyRing) -> None:
    async with client_of(application(edge_of(keys))) as client:
        assert (await client.get("/v1/greeting")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/notes/1", "/v1/greeting", "/livez", "/docs", "/openapi.json", "/nowhere", "/plain/1"]
)
async def test_every_answer_has_the_headers_of_safety(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-request-id"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1


async def test_the_answer_to_a_command_is_stored_nowhere(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/notes", json=MILK)).headers["cache-control"] == "no-store"
    assert (await client.get("/v1/notes/1")).headers["cache-control"] == "private, no-cache"


async def test_the_conversation_reaches_the_handler(keys: KeyRing, alice: str) -> None:
    notes = Notes()
    correlation = "11111111-2222-3333-4444-555555555555"
    sent = {"traceparent": TRACEPARENT, "x-request-id": "req-1", "x-correlation-id": correlation}
    async with client_of(application(edge_of(keys), notes), alice) as client:
        answer = await client.post("/v1/notes", json=MILK, headers=sent)
    circumstances = notes.told[0].circumstances()
    assert circumstances == (UUID(correlation), "alice", None, TRACEPARENT)
    assert answer.headers["x-request-id"] == "req-1"


async def test_a_conversation_without_a_name_is_named_by_its_trace(keys: KeyRing, alice: str) -> None:
    notes = Notes()
    async with client_of(application(edge_of(keys), notes), alice) as client:
        await client.post("/v1/notes", json=MILK, headers={"traceparent": TRACEPARENT})
        await client.post("/v1/notes", json=MILK)
        await client.post("/v1/notes", json=MILK)
    correlations = [call.circumstances().correlation_id for call in notes.told]
    assert correlations[0] == UUID(TRACE)
    assert len(set(correlations)) == 3


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, 'x","level":"admin', "\x1b[2J", "é", "-x"])
async def test_a_request_id_that_is_not_fit_for_a_log_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/livez", headers=[(b"x-request-id", sent.encode())])
    assert len(answer.headers["x-request-id"]) == 32


async def test_metrics_know_routes_and_never_what_a_caller_sent(client: httpx.AsyncClient) -> None:
    await client.get("/v1/notes/canary")
    await client.get("/canary")
    await client.request("CANARY", "/v1/notes")
    text = (await client.get("/metrics")).text
    assert 'orderloom_http_requests_total{method="GET",route="/v1/notes/{note_id}",status="200"} 1.0' in text
    assert 'orderloom_http_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert 'method="OTHER"' in text
    assert "canary" not in text.lower()


async def test_while_draining_answers_close_their_connections(keys: KeyRing, alice: str) -> None:
    edge = edge_of(keys)
    async with client_of(application(edge), alice) as client:
        assert "connection" not in (await client.get("/v1/notes/1")).headers
        edge.health.draining = True
        assert (await client.get("/v1/notes/1")).headers["connection"] == "close"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200


async def _nothing(_: object) -> None: ...


def operation(method: str, path: str) -> Operation:
    return Operation(method, path, _nothing, CUSTOMER, "", [Answer(200, "")])  # type: ignore[arg-type]


def test_a_path_has_one_operation_a_method() -> None:
    with pytest.raises(Misconfigured, match="offered twice"):
        Router([operation("GET", "/a"), operation("GET", "/a")])


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/a", ("/a", {})),
        ("HEAD", "/a", ("/a", {})),
        ("POST", "/a", None),
        ("GET", "/a/b.c-d", ("/a/{x}", {"x": "b.c-d"})),
        ("GET", "/a/", None),
        ("GET", "/a/b/c", None),
        ("PUT", "/a/b/c", ("/a/{x}/c", {"x": "b"})),
        ("GET", "/a/" + "x" * 201, None),
        ("GET", "/aXb", None),
    ],
)
def test_a_path_finds_its_operation(method: str, path: str, found: tuple[str, dict[str, str]] | None) -> None:
    paths = [("GET", "/a"), ("GET", "/a/{x}"), ("PUT", "/a/{x}/c"), ("GET", "/a.b")]
    router = Router([operation(*one) for one in paths])
    match = router.find(method, path)
    assert (match and (match.operation.path, match.params)) == found
