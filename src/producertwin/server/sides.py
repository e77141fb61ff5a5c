"""The two sides of a listening test as others name them: takes by their ids, or a proof with the sounds of both."""

from __future__ import annotations

from typing import Any, Final

from ..errors import BadInput, NotFound
from ..verbs.evaluate import find_proofs
from .served import Served

MOST_TAKES: Final = 500
"""Takes on one side."""


def name_sides(plan: dict[str, Any], here: Served, faults: list[str]) -> dict[str, Any]:
    """`plan` with the takes of both sides by their full ids, or with the folder of its `proof`; what is wrong goes to `faults`.

    A side is never read as the name of a folder, though the record allows that on this machine.
    """
    if "proof" in plan:
        return _use_proof(plan, here, faults)
    found = dict(plan)
    for name in ("twin", "other"):
        if isinstance(plan.get(name), str):
            found[name] = _use_takes(name, plan[name], here, faults)
        elif plan.get(name) is None:
            faults.append(f"plan.{name}: name the takes of this side by their ids, with commas; or name a proof")
            found[name] = ""
    return found


def _use_takes(name: str, said: str, here: Served, faults: list[str]) -> str:
    keys = [key.strip() for key in said.split(",") if key.strip()]
    if not 0 < len(keys) <= MOST_TAKES:
        faults.append(f"plan.{name}: 1 to {MOST_TAKES} ids of takes are needed")
        return said
    try:
        return ",".join(here.library.takes.get(key).id for key in keys)
    except (NotFound, BadInput) as error:
        faults.append(f"plan.{name}: {error.message}")
        return said


def _use_proof(plan: dict[str, Any], here: Served, faults: list[str]) -> dict[str, Any]:
    rest = {name: value for name, value in plan.items() if name not in ("proof", "twin", "other")}
    proof = plan["proof"]
    folder = dict(find_proofs(here.studio.settings.studio)).get(proof) if isinstance(proof, str) else None
    if folder is None:
        faults.append("plan.proof: there is no such proof")
    if plan.get("twin") is not None or plan.get("other") is not None:
        faults.append("plan.proof: name a proof or the takes of two sides, not both")
    return {**rest, "twin": str(folder or "")}
