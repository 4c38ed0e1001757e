"""A question with values that Spark's clients cannot give as they are, and the answer as csv."""

from __future__ import annotations

AT = "timestamp '2024-02-29 23:59:59.000001 UTC'"
SQL = f"""
select
    {AT} as at,
    array({AT}) as times,
    array('say "x"', null, 'ö') as texts,
    array(1.50BD) as amounts,
    array(0.1D) as shares,
    array(struct(1 as a, cast('nan' as double) as b)) as structs,
    map('k', date '1969-12-31') as days,
    struct(null as gone) as one,
    interval 1 day as pause,
    cast('ab' as binary) as bytes,
    1 as same,
    2 as same -- a name twice
"""
ROWS = [
    ["at", "times", "texts", "amounts", "shares", "structs", "days", "one", "pause", "bytes", "same", "same"],
    [
        "2024-02-29 23:59:59.000001Z",
        '["2024-02-29T23:59:59.000001Z"]',
        '["say \\"x\\"", null, "ö"]',
        "[1.50]",
        "[0.1]",
        '["{\\"a\\": 1, \\"b\\": \\"NaN\\"}"]',
        '{"k":"1969-12-31"}',
        '{"gone":null}',
        "INTERVAL '1' DAY",
        "6162",
        "1",
        "2",
    ],
]
