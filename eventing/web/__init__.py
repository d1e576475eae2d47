"""The HTTP edge that every API of the platform shares. A service says what it offers; the edge does the rest.

What a service writes:

    from eventing.web.application import Edge, build_application
    from eventing.web.call import Call
    from eventing.web.operation import Answer, Operation, Parameter
    from eventing.web.problems import ProblemKind, Problems
    from eventing.web.body import strict_reader

    read_order = strict_reader(PlaceOrder)                  # a pydantic model; made once, it compiles its validator

    async def place_order(call: Call) -> Response:          # starlette.responses.Response, never a stream on hot routes
        asked: PlaceOrder = await call.read(read_order)     # 415, 413, 400 or 422 are raised from here
        call.caller.subject; call.caller.roles              # who asks: verified, never from the body
        call.params["order_id"]; call.header("if-match")    # str; str | None (header names in lower case)
        call.circumstances()                                # eventing.envelope.Circumstances, to append with
        raise Refusal("…", code="order_not_found")          # becomes a problem; its status stands in the table

    OPERATIONS = (Operation("POST", "/v1/orders", place_order, roles={Role.CUSTOMER}, …),)
    PROBLEMS = (ProblemKind("order_not_found", 404, title=…, cause=…, fix=…, curl=…),)

    app = build_application(title, version, OPERATIONS, edge, lifespan=…)       # a FastAPI application
    eventing.web.server.serve(app, settings)

The way of a request: request id and trace → route → load shedding (503) → who is it (401) → how often (429) → may
that role (403) → the handler → problem or answer → security headers, metrics, a log line if it failed or was slow.
An operation can't exist without its roles and its documentation: the route and the OpenAPI document are made from one
record, and `roles=PUBLIC` has to be said on purpose. Ownership (404, not 403) is the service's own business, below.

Who raises what: handlers raise `eventing.errors`. `Refusal(code=…)` → the status of its row in `Problems`;
`Conflict` → 409 (412 where the handler raises `Refusal(code="precondition_failed", current_version=…, …)`);
`Unavailable` → 503 and Retry-After; `Misconfigured` and everything unforeseen → 500 without a word of the inside.
All `facts` of a refusal become members of the problem, so they must be fit for the caller's eyes and for JSON.
`eventing.web.refusals.Invalid(errors=[FieldError(pointer, detail, code)])` → 422 with JSON Pointers.
`Problems.render(error, instance=…, trace_id=…) -> Rendered(status, headers, body)` gives the bytes of an answer that
is to be stored; `call.problem(error)` does that for this request and returns a Response.
"""
