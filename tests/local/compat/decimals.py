"""Decimals: precision and scale by the page's table, values computed by hand (rounded half up), Trino's bounds."""

SOURCE = "https://trino.io/docs/current/functions/decimal.html"

CASES = {
    "DECIMAL '1.1' + DECIMAL '2.25'": "3.35",
    "DECIMAL '1.10' - DECIMAL '2'": "-0.90",
    "DECIMAL '1.5' * DECIMAL '1.5'": "2.25",
    "DECIMAL '2.0' / DECIMAL '3'": "0.7",
    "DECIMAL '1' / DECIMAL '-3.00'": "-0.33",
    "DECIMAL '0.05' / 10": "0.01",  # a half goes away from zero
    "DECIMAL '-0.05' / 10": "-0.01",
    "DECIMAL '13.5' % DECIMAL '-4'": "1.5",
    "DECIMAL '-13.5' % 4": "-1.5",
    "-DECIMAL '0.0'": "0.0",
    "CAST(DECIMAL '0.5' AS integer)": "1",
    "CAST(DECIMAL '-0.5' AS integer)": "-1",
    "CAST(DECIMAL '1.005' AS decimal(3,2))": "1.01",
    # Beyond 64 bits, and where an operand at the other's scale has 38 digits.
    "DECIMAL '99999999.9999999999' * 2": "199999999.9999999998",
    "DECIMAL '9.9999999999999999' + DECIMAL '999999999999999999'": "1000000000000000008.9999999999999999",
    "CAST('0.99999999999999999999999999999999999999' AS decimal(38,38)) / DECIMAL '999999999999999.9999'": (
        "0.00000000000000100000000000000000010000"
    ),
    "CAST('-53328526055349826.346525386609898493896' AS decimal(38,21)) % 7": "-1.346525386609898493896",
    "CAST('999.999999999999999999999999999' AS decimal(30,27)) % 1": "0.999999999999999999999999999",
}

TYPES = {
    "DECIMAL '1.1' + DECIMAL '22.25'": "decimal(5,2)",
    "DECIMAL '1.1' * DECIMAL '22.25'": "decimal(6,3)",
    "DECIMAL '1.1' / DECIMAL '22.25'": "decimal(5,2)",
    "DECIMAL '1.1' % DECIMAL '22.25'": "decimal(3,2)",
    "DECIMAL '1.1' + 1": "decimal(12,1)",
    "DECIMAL '1.1' + 1e0": "double",
}

FAILS = {
    "CAST('99999999999999999999999999999999999999' AS decimal(38,0)) + 1": "NUMERIC_VALUE_OUT_OF_RANGE",
    "CAST('99999999999999999999999999999999999999' AS decimal(38,0)) * 10": "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow",
    "DECIMAL '1.0' / DECIMAL '0.00'": "DIVISION_BY_ZERO: Division by zero",
    "CAST(DECIMAL '100' AS decimal(2,0))": "INVALID_CAST_ARGUMENT: Cannot cast DECIMAL '100' to DECIMAL(2, 0)",
    "CAST(1000 AS tinyint)": "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: 1000",
    "2147483647 + 1": "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1",
    "9223372036854775807 * 2": "NUMERIC_VALUE_OUT_OF_RANGE: bigint multiplication overflow: 9223372036854775807 * 2",
}
