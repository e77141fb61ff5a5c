"""The description of the routes: complete, and as it was agreed on with those who are built on it.

`python tests/server/test_openapi.py` writes the agreed description anew, after a change that is meant.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from producertwin.server.app import describe, make_routes

AGREED = Path(__file__).with_name("openapi.json")


def described() -> dict[str, Any]:
    found = describe(make_routes())
    found["info"]["version"] = "0"
    return found


def write(found: dict[str, Any]) -> str:
    """`found` with a line for each path and each schema, so that a change shows where it is."""
    parts = []
    for name, part in found.items():
        inner = {"components": part.get("schemas"), "paths": part}.get(name) if isinstance(part, dict) else None
        if inner is None:
            parts.append(f"{_json(name)}:{_json(part)}")
            continue
        lines = ",\n".join(f"{_json(key)}:{_json(one)}" for key, one in sorted(inner.items()))
        rest = (
            "".join(f"{_json(key)}:{_json(one)},\n" for key, one in part.items() if key != "schemas")
            if name == "components"
            else ""
        )
        parts.append(
            f"{_json(name)}:{{\n{rest}{lines}\n}}" if name == "paths" else f'{_json(name)}:{{\n{rest}"schemas":{{\n{lines}\n}}}}'
        )
    return "{" + ",\n".join(parts) + "}\n"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return described()


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in description["paths"].items() for method, one in methods.items()]


def test_the_description_is_as_agreed(description: dict[str, Any]) -> None:
    assert write(description) == AGREED.read_text(encoding="utf-8"), f"python {Path(*AGREED.parts[-3:-1])}/test_openapi.py"


def test_every_operation_is_described(description: dict[str, Any]) -> None:
    found = operations(description)
    assert len(found) > 40
    names = [one["operationId"] for _, _, one in found]
    assert len(set(names)) == len(names)
    for path, method, one in found:
        where = f"{method} {path}"
        assert one["description"].endswith("."), where
        assert one["tags"], where
        assert {"401", "403", "404", "422", "500"} <= one["responses"].keys(), where
        for status, answer in one["responses"].items():
            if status >= "4" and "content" in answer:
                assert "application/problem+json" in answer["content"], (where, status)


def test_every_schema_that_is_named_is_there(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    named = {part.split('"')[0] for part in json.dumps(description).split("#/components/schemas/")[1:]}
    assert named == schemas.keys()
    assert {"Take", "Track", "Manifest", "Pipeline", "Problem", "Asset"} <= named
    assert {"caption", "stage", "parents"} <= schemas["Take"]["properties"].keys()


def test_the_description_is_served_as_it_is(client: TestClient, description: dict[str, Any]) -> None:
    served = client.get("/v1/openapi.json").json()
    served["info"]["version"] = "0"
    assert served == json.loads(json.dumps(description))


def test_no_schema_holds_a_folder_of_this_machine(description: dict[str, Any]) -> None:
    own = {
        name: one
        for name, one in description["components"]["schemas"].items()
        if name in {"Status", "InstalledTwin", "StoredDataset"}
    }
    assert len(own) == 3
    assert {name for one in own.values() for name in one["properties"]} & {"folder", "path", "where", "versions"} == set()


def test_nothing_is_measured_or_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    telemetry = make_routes()._telemetry
    assert not any(telemetry[name] for name in ("tracing", "metrics", "logs", "operation_spans", "auto_configure"))


if __name__ == "__main__":
    sys.stdout.write(f"{AGREED.write_text(write(described()), encoding='utf-8')} characters\n")
