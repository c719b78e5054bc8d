"""All of an account's records, and where it stands, as few bytes: both are read and written every night.

A dossier is MessagePack of the records by their fields' names, deflated: a hundred records are 2 KB. A standing is
JSON without what is left at its default, deflated.
"""

import zlib
from typing import Any

from msgspec import msgpack, to_builtins

from health_monitor.model.dossier import Dossier
from health_monitor.model.score import Standing

_EFFORT = 6


def pack_dossier(dossier: Dossier) -> bytes:
    """The same records are always the same bytes."""
    return zlib.compress(_ENCODE(dossier), _EFFORT)


def unpack_dossier(packed: bytes) -> Dossier:
    """The records again."""
    return _DECODE(zlib.decompress(packed))


def size_of(records: tuple[Any, ...]) -> int:
    """Bytes of some records before they are deflated."""
    return len(_ENCODE(records))


def readable_dossier(dossier: Dossier) -> dict[str, Any]:
    """Each kind of record that there is, without what is unknown."""
    shelves: dict[str, Any] = to_builtins(dossier)
    known = {name: [_known(one) for one in shelves[name]] for name in dossier.SHELF.values() if shelves[name]}
    return known | ({"full": sorted(dossier.full)} if dossier.full else {})


def pack_standing(standing: Standing) -> bytes:
    """The same standing is always the same bytes."""
    return zlib.compress(standing.model_dump_json(exclude_defaults=True).encode(), _EFFORT)


def standing_text(packed: bytes) -> str:
    """The standing as JSON."""
    return zlib.decompress(packed).decode()


def _known(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


_ENCODE = msgpack.Encoder(order="deterministic").encode
_DECODE = msgpack.Decoder(Dossier).decode
