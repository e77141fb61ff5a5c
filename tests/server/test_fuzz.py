"""Whatever is sent, no route fails unexpectedly: every operation of the description, with odd ids, queries and bodies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producertwin.server.app import describe, make_routes, open_app
from producertwin.server.served import Served
from producertwin.server.uploads import UploadLimits
from producertwin.verbs.studio import Studio
from server_kit import ORIGIN, TOKEN, House, furnish, make_door

DESCRIPTION = describe(make_routes(compatible=True))
LEFT_OUT = {"/v1/events", "/v1/doctor", "/v1/trash/empty"}
"""One that has no end, one that measures the machine, and one that would leave nothing to work on."""
OPERATIONS = sorted(
    (path, method)
    for path, methods in DESCRIPTION["paths"].items()
    if path not in LEFT_OUT
    for method in methods
    if method != "head"
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.sampled_from(["../x", "b2:" + "0" * 64, "aaaaaaaaaaaa", "Mara Vale", "nano", "tiny", "\x00", "\u202e", "90", "A minor"]),
)  # fmt: skip
NAMES = [
    "plan",
    "kind",
    "prompt",
    "caption",
    "play",
    "seed",
    "stages",
    "source",
    "tables",
    "run",
    "assets",
    "id",
    "batch",
    "bpm",
    "tags",
    "text",
    "task_id_list",
    "src_audio_path",
    "task_type",
    "variant",
    "adapters",
    "folder",
]
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[House]:
    """A studio of its own: what is sent may change it."""
    with furnish(tmp_path_factory.mktemp("fuzz") / "studio", sound) as found:
        yield found


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    served = Served(Studio(house.settings, house.library), UploadLimits(floor=0), compatible=True)
    headers = {"authorization": f"Bearer {TOKEN}"}
    found = TestClient(open_app(served, make_door()), base_url=ORIGIN, headers=headers, raise_server_exceptions=False)
    yield found
    served._opened.close()


def properties(path: str, method: str) -> list[str]:
    """Names of the fields that an operation takes."""
    body = (
        DESCRIPTION["paths"][path][method].get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
    name = body.get("$ref", "").rpartition("/")[2]
    return list(DESCRIPTION["components"]["schemas"].get(name, {}).get("properties", {}))


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_route_fails_unexpectedly(client: TestClient, house: House, path: str, method: str) -> None:
    known = st.sampled_from([house.track.id, house.run.id, "aaaaaaaaaaaa", "fine", "producer"])
    fields = properties(path, method)

    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def act(data: Any) -> None:
        place = path
        for part in [part for part in path.split("/") if part.startswith("{")]:
            place = place.replace(
                part, data.draw(known) if data.draw(st.booleans()) else data.draw(st.text("a2%.Z-", min_size=1))
            )
        names = [one["name"] for one in DESCRIPTION["paths"][path][method].get("parameters", ()) if one["in"] == "query"]
        query = {name: str(data.draw(SCALARS)) for name in names if data.draw(st.booleans())}
        body = data.draw(st.one_of(JSON, st.fixed_dictionaries({}, optional=dict.fromkeys(fields, JSON))))
        more = {} if method == "get" else {"json": body}
        answer = client.request(method.upper(), place, params=query, **more)
        assert answer.status_code < 500, (place, query, body, answer.text)

    act()
