"""`deploy/` read by the programs it is for, where they are installed, and by their grammar where they are not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tree import ROOT

DEPLOY = ROOT / "deploy"
INSTRUCTIONS = frozenset({
    "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "SHELL", "STOPSIGNAL", "USER",
    "VOLUME", "WORKDIR",
})  # fmt: skip
"""What a Dockerfile may say; ADD and ONBUILD fetch and do what nobody sees, so they are none of ours."""
PATIENCE = 60


def find_program(name: str) -> str:
    """A program, also where only an administrator's path has it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Every instruction of a Dockerfile with what follows it, its lines joined; comments inside are left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        yield word, rest.strip()


def test_the_dockerfile_is_one() -> None:
    stages: list[str] = []
    known = {"PATH"}
    found = list(instructions((DEPLOY / "Dockerfile").read_text(encoding="utf-8")))
    assert found[0][0] == "FROM"
    for word, rest in found:
        assert word in INSTRUCTIONS and rest, (word, rest)
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            assert re.fullmatch(r"[\w./-]+:[\w.-]+", image) and not image.endswith(":latest"), "a version is named"
            stages.append(name)
        if word in {"ARG", "ENV"}:
            known |= set(re.findall(r"(\w+)=", rest))
        if word == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True, timeout=PATIENCE)
            assert set(re.findall(r"\$\{?(\w+)", rest)) <= known, rest
            assert "sudo" not in rest and "curl" not in rest
        if word == "COPY" and rest.startswith("--from="):
            assert rest.partition("=")[2].partition(" ")[0] in stages[:-1], "from an earlier stage"
        if word in {"CMD", "ENTRYPOINT"} or (word == "HEALTHCHECK" and " CMD " in rest):
            form = json.loads(rest[rest.index("[") :])
            assert form and all(isinstance(one, str) for one in form), "started without a shell in between"
    assert len(stages) == 2


def test_the_compose_file_holds_together() -> None:
    made = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services, volumes = made["services"], made.get("volumes", {})
    for name, service in services.items():
        assert "image" in service or "build" in service, name
        needed = service.get("depends_on", {})
        assert set(needed) <= services.keys(), name
        for volume in service.get("volumes", ()):
            place = volume.partition(":")[0]
            assert place in volumes or place.startswith(("./", "/", "${")), (name, volume)


def test_the_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    program = find_program("systemd-analyze")
    text = (DEPLOY / "producertwin.service").read_text(encoding="utf-8")
    unit = tmp_path / "producertwin.service"
    unit.write_text(text.replace("%h/.local/bin/twin", "/bin/true"), encoding="utf-8")  # what is started is not there yet
    told = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if "Failed to initialize manager" in told.stderr:
        pytest.skip("systemd does not run here")
    assert (told.returncode, told.stderr) == (0, "")


def test_caddy_takes_its_file() -> None:
    line = [find_program("caddy"), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    told = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert told.returncode == 0 and "Valid configuration" in told.stdout + told.stderr, told.stderr


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    program, maker = find_program("nginx"), find_program("openssl")
    key, certificate, site = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "site.conf"
    made = [maker, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subject = ["-subj", "/CN=studio.example.org", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *subject], check=True, capture_output=True, timeout=PATIENCE)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"(ssl_certificate\s+)\S+;", rf"\1{certificate};", text)
    site.write_text(re.sub(r"(ssl_certificate_key\s+)\S+;", rf"\1{key};", text), encoding="utf-8")
    rooms = "".join(f"{name}_temp_path {tmp_path / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"error_log stderr;\npid {tmp_path / 'pid'};\nevents {{}}\nhttp {{\naccess_log off;\n{rooms}include {site};\n}}\n",
        encoding="utf-8",
    )
    (tmp_path / "logs").mkdir()
    told = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-c", str(whole)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert told.returncode == 0 and "test is successful" in told.stderr, told.stderr
