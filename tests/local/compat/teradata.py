"""Teradata functions. Expected values: Trino's TestTeradataFunctions."""

SOURCE = "https://trino.io/docs/current/functions/teradata.html"

CASES = {
    "index('high', 'ig')": "2",
    "index('high', 'x')": "0",
    "index('', '')": "1",
    "index(NULL, 'a')": None,
    "char2hexint('123')": "003100320033",
    "char2hexint('One Ring')": "004F006E0065002000520069006E0067",
    "char2hexint('')": "",
    "char2hexint(NULL)": None,
    "char2hexint('\U0001f600')": "D83DDE00",
}

TYPES = {"index('a', 'b')": "bigint", "char2hexint('a')": "varchar"}

REFUSED = {
    "to_char, to_date, to_timestamp": "Teradata's date patterns; Trino's date_format and format_datetime are here"
}
