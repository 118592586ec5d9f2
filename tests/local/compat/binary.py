"""Cases from the documented examples and from Trino's own tests (TestVarbinaryFunctions)."""

SOURCE = "https://trino.io/docs/current/functions/binary.html"
_BAD = "INVALID_FUNCTION_ARGUMENT: "


def _hex(digits: str) -> str:
    """Bytes as Athena prints them."""
    return bytes.fromhex(digits).hex(" ")


def _text(text: str) -> str:
    return text.encode().hex(" ")


CASES = {
    "length(X'000102')": "3",
    "length(X'')": "0",
    "concat(X'000102', X'AAABAC', X'FDFEFF')": _hex("000102AAABACFDFEFF"),
    "concat(X'', X'58', X'', X'F7', X'')": _hex("58F7"),
    "X'58' || X'F7'": _hex("58F7"),
    "to_base64(to_utf8('hello world'))": "aGVsbG8gd29ybGQ=",
    "to_base64(X'')": "",
    "from_base64('aGVsbG8gd29ybGQ=')": _text("hello world"),
    "from_base64('aGVsbG8gd29ybGQ')": _text("hello world"),
    "from_base64(to_utf8('YQ=='))": _text("a"),
    "to_base64url(X'FBEFFF')": "--__",
    "to_base64url(to_utf8('hello world'))": "aGVsbG8gd29ybGQ=",
    "from_base64url('--__')": _hex("FBEFFF"),
    "to_base32(to_utf8('abc'))": "MFRGG===",
    "to_base32(to_utf8('hello world'))": "NBSWY3DPEB3W64TMMQ======",
    "from_base32('NBSWY3DPEB3W64TMMQ======')": _text("hello world"),
    "from_base32('')": "",
    "to_hex(to_utf8('hello world'))": "68656C6C6F20776F726C64",
    "from_hex('')": "",
    "from_hex('617a6f')": _text("azo"),
    "from_hex('617A6F')": _text("azo"),
    "from_hex(to_utf8('617a6F'))": _text("azo"),
    "to_big_endian_64(1)": _hex("0000000000000001"),
    "to_big_endian_64(9223372036854775807)": _hex("7FFFFFFFFFFFFFFF"),
    "to_big_endian_64(-9223372036854775807)": _hex("8000000000000001"),
    "from_big_endian_64(from_hex('7FFFFFFFFFFFFFFF'))": "9223372036854775807",
    "from_big_endian_64(from_hex('8000000000000001'))": "-9223372036854775807",
    "to_big_endian_32(1)": _hex("00000001"),
    "to_big_endian_32(-2147483647)": _hex("80000001"),
    "from_big_endian_32(from_hex('80000001'))": "-2147483647",
    "to_ieee754_32(CAST(1.0 AS REAL))": _hex("3F800000"),
    "to_ieee754_32(CAST(3.14 AS REAL))": _hex("4048F5C3"),
    "from_ieee754_32(from_hex('4048F5C3'))": "3.14",
    "to_ieee754_64(0.0)": _hex("0000000000000000"),
    "to_ieee754_64(3.1415926)": _hex("400921FB4D12D84A"),
    "to_ieee754_64(1.7976931348623157E308)": _hex("7FEFFFFFFFFFFFFF"),
    "from_ieee754_64(from_hex('3FF0000000000000'))": "1.0",
    "from_ieee754_64(from_hex('7FF0000000000000'))": "Infinity",
    "from_ieee754_64(from_hex('7FF8000000000000'))": "NaN",
    "lpad(X'1234', 7, X'4524')": _hex("45244524451234"),
    "lpad(X'1234', 3, X'4524')": _hex("451234"),
    "lpad(X'1234', 0, X'4524')": "",
    "lpad(X'1234', 1, X'4524')": _hex("12"),
    "rpad(X'1234', 7, X'45')": _hex("12344545454545"),
    "rpad(X'1234', 3, X'4524')": _hex("123445"),
    "rpad(X'1234', 1, X'4524')": _hex("12"),
    "md5(to_utf8(''))": _hex("D41D8CD98F00B204E9800998ECF8427E"),
    "md5(to_utf8('hashme'))": _hex("533F6357E0210E67D91F651BC49E1278"),
    "sha1(to_utf8('hashme'))": _hex("FB78992E561929A6967D5328F49413FA99048D06"),
    "sha256(to_utf8('hashme'))": _hex("02208B9403A87DF9F4ED6B2EE2657EFAA589026B4CCE9ACCC8E8A5BF3D693C86"),
    "sha512(to_utf8('hashme'))": _hex(
        "8A4B59FB9188D09B989FF596AC9CEFBF2ED91DED8DCD9498E8BF2236814A92B2"
        "3BE6867E7FC340880E514F8FDF97E1F147EA4B0FD6C2DA3557D0CF1C0B58A204"
    ),
    "murmur3(to_utf8(''))": _hex("00000000000000000000000000000000"),
    "murmur3(to_utf8('hashme'))": _hex("93192FE805BE23041C8318F67EC4F2BC"),
    "murmur3(from_base64('aaaaaa'))": "ba 58 55 63 55 69 b4 2f 49 20 37 2c a0 e3 96 ef",
    "xxhash64(to_utf8(''))": _hex("EF46DB3751D8E999"),
    "xxhash64(to_utf8('hashme'))": _hex("F9D96E0E1165E892"),
    "crc32(to_utf8('CRC me!'))": "38028046",
    "crc32(to_utf8('1234567890'))": "639479525",
    "crc32(to_utf8('ABCDEFGHIJKLM'))": "4223167559",
    "hmac_md5(to_utf8('hashme'), to_utf8('key'))": _hex("0A26EBEB0E7B65F528D96F7BC631BC8F"),
    "hmac_sha1(to_utf8('hashme'), to_utf8('key'))": _hex("2E7C4C6AEFA7E69F106EEE3CE21944D0046D2F3D"),
    "hmac_sha256(to_utf8('hashme'), to_utf8('key'))": _hex(
        "D3D72F9FACDE059DA3A4EB43A9ABDD4B35118E0FEF00E6D16FB04BB332AF0484"
    ),
    "hmac_sha512(to_utf8(''), to_utf8('key'))": _hex(
        "84FA5AA0279BBC473267D05A53EA03310A987CECC4C1535FF29B6D76B8F1444A"
        "728DF3AADB89D4A9A6709E1998F373566E8F824A8CA93B1821F0B69BC2A2F65E"
    ),
    "substr(to_utf8('Quadratically'), 5)": _text("ratically"),
    "substr(to_utf8('Quadratically'), 50)": "",
    "substr(to_utf8('Quadratically'), -5)": _text("cally"),
    "substr(to_utf8('Quadratically'), -50)": "",
    "substr(to_utf8('Quadratically'), 0)": "",
    "substr(to_utf8('Quadratically'), 5, 6)": _text("ratica"),
    "substr(to_utf8('Quadratically'), -5, 4)": _text("call"),
    "substr(to_utf8('Quadratically'), 5, 0)": "",
    "substring(X'4FE15FF5' FROM 2 FOR 2)": _hex("E15F"),
    "substring(X'4FE15FF5' FROM -2)": _hex("5FF5"),
    "reverse(to_utf8('hello'))": _text("olleh"),
    "reverse(X'')": "",
    "md5(NULL)": None,
    "to_hex(CAST(NULL AS varbinary))": None,
}

TYPES = {
    "crc32(X'00')": "bigint",
    "from_big_endian_32(X'00000001')": "integer",
    "from_ieee754_32(X'3F800000')": "real",
    "md5(X'')": "varbinary",
    "to_hex(X'')": "varchar",
    "length(X'00')": "bigint",
}

FAILS = {
    "from_hex('f/')": _BAD,
    "from_hex('fG')": _BAD,
    "from_hex('fff')": _BAD + "invalid input length 3",
    "from_base64('%%%%')": _BAD + "Illegal base64 character 25",
    "from_base32('1===')": _BAD + "Unrecognized character: 1",
    "from_big_endian_64(from_hex('1111'))": _BAD + "expected 8-byte input, but got instead: 2",
    "from_big_endian_32(from_hex(''))": _BAD + "expected 4-byte input, but got instead: 0",
    "from_ieee754_32(from_hex('0000'))": _BAD + "Input floating-point value must be exactly 4 bytes long",
    "from_ieee754_64(from_hex('00000000'))": _BAD + "Input floating-point value must be exactly 8 bytes long",
    "lpad(X'2312', -1, X'4524')": _BAD + "Target length must be in the range [0..2147483647]",
    "rpad(X'2312', 1, X'')": _BAD + "Padding bytes must not be empty",
    "md5('text')": "FUNCTION_NOT_FOUND: Unexpected parameters (varchar(4)) for function md5",
}

REFUSED = {
    "spooky_hash_v2_32(X'00')": "no implementation of SpookyHash is at hand",
    "spooky_hash_v2_64(X'00')": "no implementation of SpookyHash is at hand",
    "zstd_compress(X'00')": "younger than Athena engine version 3",
    "zstd_decompress(X'00')": "younger than Athena engine version 3",
}
