"""C2PA: a manifest that is signed into a sound file, through the package `c2pa-python` (MIT or Apache-2.0, an extra).

The package is loaded when something is signed or a signature is looked at, and not before. No time stamp is asked for, since that
needs the network: a signature counts as long as its certificate is valid.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ...disk import chunks_of, write_whole
from ...errors import BadInput, Unavailable

_FORMATS: Final = {".flac": "audio/flac", ".wav": "audio/wav", ".mp3": "audio/mpeg"}
_REMEDY: Final = "pip install 'producertwin[c2pa]', or release it unsigned"
_PEM: Final = "give PEM files: the chain with your own certificate first, and its key (EC, RSA or Ed25519) without a password"


def read_credentials(certificate: Path, key: Path) -> tuple[bytes, bytes, str]:
    """Certificate chain, key, and the algorithm that it signs with. Raises `Unavailable`, and `BadInput` for no such files."""
    try:
        import c2pa  # noqa: F401 - asked for before anything is made
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    except ImportError:
        raise Unavailable("signing needs the package c2pa-python", remedy=_REMEDY) from None
    chain, secret = (_read(path) for path in (certificate, key))
    try:
        loaded = serialization.load_pem_private_key(secret, None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{key} is no key that can be used: {error}", remedy=_PEM) from None
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return chain, secret, "ed25519"
    if isinstance(loaded, rsa.RSAPrivateKey):
        return chain, secret, "ps256"
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.key_size in (256, 384, 521):
        return chain, secret, {256: "es256", 384: "es384", 521: "es512"}[loaded.key_size]
    raise BadInput(f"{key} is a key of a kind that C2PA does not sign with", remedy=_PEM)


def sign(place: Path, manifest: dict[str, Any], certificate: Path, key: Path) -> None:
    """Sign `manifest` into the sound file at `place`. Raises as `read_credentials`, `BadInput` for a chain that is refused."""
    chain, secret, algorithm = read_credentials(certificate, key)
    import c2pa

    signed = place.with_name(f"signed-{place.name}")
    try:
        info = c2pa.C2paSignerInfo(algorithm.encode(), chain, secret, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest)) as builder:
            builder.sign_file(str(place), str(signed), signer)
        write_whole(place, chunks_of(signed))
    except c2pa.C2paError as error:
        raise BadInput(f"the manifest cannot be signed: {error}", remedy=_PEM) from None
    finally:
        signed.unlink(missing_ok=True)


def read_manifest(place: Path) -> dict[str, Any] | None:
    """What the signed manifest in a sound file says, with `validation_state`; None where there is none.

    Raises `Unavailable` without the package.
    """
    try:
        import c2pa
    except ImportError:
        raise Unavailable("looking at a signature needs the package c2pa-python", remedy=_REMEDY) from None
    try:
        with place.open("rb") as file, c2pa.Reader(_FORMATS[place.suffix.lower()], file) as reader:
            found: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError:
        return None
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", remedy=_PEM) from None
