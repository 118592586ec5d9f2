"""Binary functions: https://trino.io/docs/current/functions/binary.html."""

from local.trino.functions import hashes
from local.trino.functions.sharing import shared
from local.trino.registry import macro, scalar, udf
from local.trino.typed import failing, failing_with

_BAD = "INVALID_FUNCTION_ARGUMENT"


def _sized(name: str, size: int, message: str, kind: str) -> str:
    """A macro: bytes of a fixed size as a number; DuckDB's BIT has the bits of a number in the order of big-endian."""
    return (
        f"{name}(x) AS CASE WHEN octet_length(x) = {size} THEN CAST(CAST(x AS BIT) AS {kind}) "
        f"WHEN x IS NOT NULL THEN {message} END"
    )


def _expected(size: int, kind: str) -> str:
    return failing(_BAD, f"'expected {size}-byte input, but got instead: ' || octet_length(x)", kind)


def _floating(size: int, kind: str) -> str:
    return failing_with(_BAD, f"Input floating-point value must be exactly {size} bytes long", kind)


_HEX_LENGTH = failing(_BAD, "'invalid input length ' || strlen(x)", "BLOB")
_HEX_DIGIT = failing(_BAD, "'not a hexadecimal digit in ' || x", "BLOB")
macro(
    "trino_from_hex(x) AS CASE WHEN x IS NULL THEN NULL "
    f"WHEN strlen(x) % 2 = 1 THEN {_HEX_LENGTH} WHEN NOT regexp_full_match(x, '[0-9A-Fa-f]*') THEN {_HEX_DIGIT} "
    "ELSE from_hex(x) END",
    _sized("trino_from_big_32", 4, _expected(4, "INTEGER"), "INTEGER"),
    _sized("trino_from_big_64", 8, _expected(8, "BIGINT"), "BIGINT"),
    _sized("trino_from_ieee_32", 4, _floating(4, "FLOAT"), "FLOAT"),
    _sized("trino_from_ieee_64", 8, _floating(8, "DOUBLE"), "DOUBLE"),
    "trino_bytes_start(x, start) AS CASE WHEN start > 0 THEN start WHEN start < 0 AND -start <= octet_length(x) "
    "THEN octet_length(x) + start + 1 ELSE octet_length(x) + 1 END",
    "trino_bytes(x, start, size) AS CASE WHEN x IS NULL OR start IS NULL OR size IS NULL THEN NULL "
    "WHEN size <= 0 OR trino_bytes_start(x, start) > octet_length(x) THEN from_hex('') "
    "ELSE array_slice(x, trino_bytes_start(x, start), trino_bytes_start(x, start) - 1 + least(size, "
    "octet_length(x))) END",
)
udf("trino_from_base64", hashes.from_base64, ["VARCHAR"], "BLOB")
udf("trino_from_base64url", hashes.from_base64url, ["VARCHAR"], "BLOB")
udf("trino_from_base32", hashes.from_base32, ["VARCHAR"], "BLOB")
udf("trino_to_base32", hashes.to_base32, ["BLOB"], "VARCHAR")
udf("trino_sha512", hashes.sha512, ["BLOB"], "BLOB")
udf("trino_crc32", hashes.crc32, ["BLOB"], "BIGINT")
udf("trino_xxhash64", hashes.xxhash64, ["BLOB"], "BLOB")
udf("trino_murmur3", hashes.murmur3, ["BLOB"], "BLOB")
udf("trino_hmac", hashes.hmac_of, ["BLOB", "BLOB", "VARCHAR"], "BLOB")
udf("trino_reverse_bytes", lambda data: data[::-1], ["BLOB"], "BLOB")
udf("trino_lpad_bytes", hashes.padded_left, ["BLOB", "BIGINT", "BLOB"], "BLOB")
udf("trino_rpad_bytes", hashes.padded_right, ["BLOB", "BIGINT", "BLOB"], "BLOB")

scalar("lpad", "(varbinary, bigint, varbinary) -> varbinary", "trino_lpad_bytes({0}, {1}, {2})")
scalar("rpad", "(varbinary, bigint, varbinary) -> varbinary", "trino_rpad_bytes({0}, {1}, {2})")
scalar("reverse", "(varbinary) -> varbinary", "trino_reverse_bytes({0})")
for _name in ("substr", "substring"):
    shared(_name, "(varbinary, bigint) -> varbinary", "trino_bytes({0}, {1}, octet_length({0}))")
    shared(_name, "(varbinary, bigint, bigint) -> varbinary", "trino_bytes({0}, {1}, {2})")

scalar("to_base64", "(varbinary) -> varchar", "to_base64({0})")
scalar("to_base64url", "(varbinary) -> varchar", "translate(to_base64({0}), '+/', '-_')")
scalar("to_base32", "(varbinary) -> varchar", "trino_to_base32({0})")
scalar("to_hex", "(varbinary) -> varchar", "hex({0})")
for _kind in ("base64", "base64url", "base32", "hex"):
    shared(f"from_{_kind}", "(varchar) -> varbinary", f"trino_from_{_kind}({{0}})")
    shared(f"from_{_kind}", "(varbinary) -> varbinary", f"trino_from_{_kind}(trino_from_utf8({{0}}))")

scalar("to_big_endian_32", "(integer) -> varbinary", "CAST(CAST(CAST({0} AS INTEGER) AS BIT) AS BLOB)")
scalar("to_big_endian_64", "(bigint) -> varbinary", "CAST(CAST(CAST({0} AS BIGINT) AS BIT) AS BLOB)")
shared("from_big_endian_32", "(varbinary) -> integer", "trino_from_big_32({0})")
shared("from_big_endian_64", "(varbinary) -> bigint", "trino_from_big_64({0})")
scalar("to_ieee754_32", "(real) -> varbinary", "CAST(CAST({0} AS BIT) AS BLOB)")
scalar("to_ieee754_64", "(double) -> varbinary", "CAST(CAST({0} AS BIT) AS BLOB)")
shared("from_ieee754_32", "(varbinary) -> real", "trino_from_ieee_32({0})")
shared("from_ieee754_64", "(varbinary) -> double", "trino_from_ieee_64({0})")

for _hash in ("md5", "sha1", "sha256"):
    scalar(_hash, "(varbinary) -> varbinary", f"from_hex({_hash}({{0}}))")
for _hash in ("sha512", "xxhash64", "murmur3"):
    scalar(_hash, "(varbinary) -> varbinary", f"trino_{_hash}({{0}})")
scalar("crc32", "(varbinary) -> bigint", "trino_crc32({0})")
for _hash in ("md5", "sha1", "sha256", "sha512"):
    scalar(f"hmac_{_hash}", "(varbinary, varbinary) -> varbinary", f"trino_hmac({{0}}, {{1}}, '{_hash}')")
