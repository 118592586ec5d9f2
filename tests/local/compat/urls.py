"""Cases from the documentation and from Trino's own tests (TestUrlFunctions)."""

SOURCE = "https://trino.io/docs/current/functions/url.html"

_PARTS = ("protocol", "host", "port", "path", "query", "fragment")
_ADDRESSES: dict[str, tuple[str | None, ...]] = {
    "http://example.com/path1/p.php?k1=v1&k2=v2#Ref1": (
        "http", "example.com", None, "/path1/p.php", "k1=v1&k2=v2", "Ref1"),
    "http://example.com/path1/p.php?": ("http", "example.com", None, "/path1/p.php", "", ""),
    "http://example.com/path1/p.php": ("http", "example.com", None, "/path1/p.php", "", ""),
    "http://example.com:8080/path1/p.php?k1=v1&k2=v2#Ref1": (
        "http", "example.com", "8080", "/path1/p.php", "k1=v1&k2=v2", "Ref1"),
    "https://username@example.com": ("https", "example.com", None, "", "", ""),
    "https://username:password@example.com": ("https", "example.com", None, "", "", ""),
    "mailto:test@example.com": ("mailto", "", None, "", "", ""),
    "foo": ("", "", None, "foo", "", ""),
    "http://example.com/^": (None,) * 6,
}  # fmt: skip
_PAGE = "http://example.com/path1/p.php"

CASES = {
    f"url_extract_{part}('{address}')": value
    for address, values in _ADDRESSES.items()
    for part, value in zip(_PARTS, values, strict=True)
} | {
    "url_extract_host(NULL)": None,
    "url_extract_path('http://example.com/a%20b')": "/a b",
    "url_extract_host('http://exa mple.com/')": None,
    f"url_extract_parameter('{_PAGE}?k1=v1&k2=v2&k3&k4#Ref1', 'k1')": "v1",
    f"url_extract_parameter('{_PAGE}?k1=v1&k2=v2&k3&k4#Ref1', 'k2')": "v2",
    f"url_extract_parameter('{_PAGE}?k1=v1&k2=v2&k3&k4#Ref1', 'k3')": "",
    f"url_extract_parameter('{_PAGE}?k1=v1&k2=v2&k3&k4#Ref1', 'k5')": None,
    f"url_extract_parameter('{_PAGE}?k1=v1&k1=v2&k1&k1#Ref1', 'k1')": "v1",
    f"url_extract_parameter('{_PAGE}?k1&k1=v1&k1&k1#Ref1', 'k1')": "",
    f"url_extract_parameter('{_PAGE}?k=a=b=c&x=y#Ref1', 'k')": "a=b=c",
    f"url_extract_parameter('{_PAGE}?k1=a%26k2%3Db&k2=c#Ref1', 'k2')": "c",
    f"url_extract_parameter('{_PAGE}?k1=a%26k2%3Db&k2=c#Ref1', 'k1')": "a&k2=b",
    "url_extract_parameter('foo', 'k1')": None,
    "url_encode('http://test?a=b&c=d')": "http%3A%2F%2Ftest%3Fa%3Db%26c%3Dd",
    "url_encode('http://テスト')": "http%3A%2F%2F%E3%83%86%E3%82%B9%E3%83%88",
    "url_encode('~@:.-*_+ ☃')": "%7E%40%3A.-*_%2B+%E2%98%83",
    "url_encode('test')": "test",
    "url_encode('𩸽')": "%F0%A9%B8%BD",
    "url_decode('http%3A%2F%2Ftest%3Fa%3Db%26c%3Dd')": "http://test?a=b&c=d",
    "url_decode('http%3A%2F%2F%E3%83%86%E3%82%B9%E3%83%88')": "http://テスト",
    "url_decode('%7E%40%3A.-*_%2B+%E2%98%83')": "~@:.-*_+ ☃",
    "url_decode(NULL)": None,
}

TYPES = {
    "url_extract_port('http://a:1')": "bigint",
    "url_extract_host('foo')": "varchar(3)",
    "url_decode('abc')": "varchar(3)",
}

FAILS = {"url_decode('%zz')": "INVALID_FUNCTION_ARGUMENT: URLDecoder: Illegal hex characters in escape (%) pattern"}

REFUSED: dict[str, str] = {}
