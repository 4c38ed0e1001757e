"""The delimiter and the columns of a csv file, from its first line."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import pytest
from harness import Project

DECLARED = ["op", "invoiceid", "price"]


@pytest.mark.parametrize(
    ("line", "delimiter", "names"),
    [
        pytest.param("op\tinvoiceid\tprice", "\t", DECLARED, id="tab"),
        pytest.param("op,invoiceid,price", ",", DECLARED, id="comma"),
        pytest.param("op;invoiceid;price", ";", DECLARED, id="semicolon"),
        pytest.param("op|invoiceid|price", "|", DECLARED, id="bar"),
        pytest.param("price,op,invoiceid", ",", ["price", "op", "invoiceid"], id="reordered"),
        pytest.param("op,price", ",", ["op", "price"], id="a column is missing"),
        pytest.param("op,Discount,price", ",", ["op", "Discount", "price"], id="an unknown one as it is written"),
        pytest.param("OP,InvoiceId,PRICE", ",", DECLARED, id="any case"),
        pytest.param('"op","invoiceid","price"', ",", DECLARED, id="quoted"),
        pytest.param(' op , "invoiceid" ,price ', ",", DECLARED, id="blanks"),
        pytest.param("op,invoiceid,price\r", ",", DECLARED, id="carriage return"),
        pytest.param("\ufeffop,invoiceid,price", ",", DECLARED, id="byte order mark"),
        pytest.param('\ufeff"op",invoiceid,price', ",", DECLARED, id="byte order mark before a quote"),
        pytest.param("op,invoiceid,op", ",", ["op", "invoiceid", "op"], id="repeated"),
        pytest.param("op,Op,invoiceid", ",", ["op", "op", "invoiceid"], id="repeated in another case"),
        pytest.param("op,invoiceid,,", ",", ["op", "invoiceid", "", ""], id="empty names"),
        pytest.param("op,a;b;c;d,price", ",", ["op", "a;b;c;d", "price"], id="most declared columns, not most cells"),
        pytest.param("op", "\t", ["op"], id="one column"),
    ],
)  # fmt: skip
def test_the_header(line: str, delimiter: str, names: list[str]) -> None:
    header = Project().parse_header(line, DECLARED)
    assert (header["delimiter"], header["names"]) == (delimiter, names)
    assert header["matched"] == len({name for name in names if name in DECLARED})


def test_a_declared_name_keeps_its_case() -> None:
    assert Project().parse_header("INVOICEID,op", ["InvoiceId", "Op"])["names"] == ["InvoiceId", "Op"]


@pytest.mark.parametrize(
    ("line", "delimiter", "names", "matched"),
    [
        ("op,a;invoiceid;price", ";", ["op,a", "invoiceid", "price"], 2),
        ("op~invoiceid~price", "~", DECLARED, 3),
        ("op,invoiceid,price", ";", ["op,invoiceid,price"], 0),  # declared wrongly: nothing matches
    ],
)
def test_a_declared_delimiter_is_not_guessed(
    line: str, delimiter: str, names: list[str], matched: int
) -> None:
    header = Project().parse_header(line, DECLARED, delimiter)
    assert header == {"delimiter": delimiter, "names": names, "matched": matched}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "I\t2024-02-16 15:30:41\t24137",
        "name,colour",
        "opx,xinvoiceid",
        "i,12,3.5",
    ],
)
def test_a_line_that_names_no_column_matches_none(line: str) -> None:
    assert Project().parse_header(line, DECLARED)["matched"] == 0


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('op,"price, net",invoiceid', ["op", "price, net", "invoiceid"]),
        ('"a, b","op","c, d"', ["a, b", "op", "c, d"]),
        ('op,"the ""net"", in all",invoiceid', ["op", 'the ""net"", in all', "invoiceid"]),
        (",op,,invoiceid", ["", "op", "", "invoiceid"]),
        ('"",op', ["", "op"]),
        ('op,"price', ["op", "price"]),  # a quote that nothing ends
    ],
)
def test_a_delimiter_within_quotes_is_part_of_the_name(line: str, names: list[str]) -> None:
    assert Project().parse_header(line, DECLARED)["names"] == names


@pytest.mark.parametrize("delimiter", ["|", "^", ".", "\\", "]", "-", "||"])
def test_a_delimiter_is_taken_literally(delimiter: str) -> None:
    line = delimiter.join(["op", '"a' + delimiter + 'b"', "price"])
    assert Project().parse_header(line, DECLARED, delimiter)["names"] == ["op", f"a{delimiter}b", "price"]
