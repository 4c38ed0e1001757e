"""The raw files of the demo, tab-separated as they land."""

from __future__ import annotations

_HEADER = (
    "Op replicadmstimestamp invoiceid itemid category price quantity "
    "orderdate destinationstate shippingtype referral"
)


def _file(*lines: str) -> str:
    rows = [_HEADER.split(), *(line.split("|") for line in lines)]
    return "".join("\t".join(cell.strip() for cell in row) + "\n" for row in rows)


FIRST = _file(
    "I|2024-02-16 15:30:41.041474|24137|34|degree|53.51|1|2023-03-29|SC|3-Day|book",
    "I|2024-08-20 17:16:03.213831|15587|59|bit|40.94|5|2022-07-16|PW|3-Day|management",
    "I|2024-10-28 20:02:37.424182|42918|69|school|27.23|3|2024-04-29|CT|2-Day|trouble",
    "I|2024-06-27 14:36:25.103244|40994|67|market|92.02|1|2021-05-21|VI|2-Day|others",
    "I|2024-02-01 19:52:59.444793|83597|37|language|97.07|3|2021-09-10|SC|Standard|play",
)
UPDATES = _file(
    "U|2024-06-27 14:36:25.103244|40994|67|market####|92.02|1|2021-05-21|VI|2-Day|others",
    "U|2024-02-01 19:52:59.444793|83597|37|language####|97.07|3|2021-09-10|SC|Standard|play",
)
BAD_ROWS = _file(
    "I|2024-11-02 08:11:30.000000|51001|12|garden|18.40|2|2024-11-01|CT|2-Day|friend",
    "I|2024-11-02 08:12:07.000000|51002|13|garden|0|1|2024-11-01|CT|2-Day|friend",
    "I|2024-11-02 08:13:41.000000|51003|14|garden|12.00|1|2024-13-45|SC|3-Day|friend",
    "I|2024-11-02 08:14:59.000000||15|garden|7.25|1|2024-11-01|SC|3-Day|friend",
)
HUGE_QUANTITY = _file("I|2024-11-03 09:00:00.000000|51010|20|paper|3.10|1000000|2024-11-02|CT|Standard|book")
CORRECTION = _file("U|2024-11-03 09:30:00.000000|51010|20|paper|3.10|100|2024-11-02|CT|Standard|book")
DELETION = _file("D|2024-11-04 10:00:00.000000|24137|34|degree|53.51|1|2023-03-29|SC|3-Day|book")
LATE_UPDATE = _file(
    "U|2024-03-01 00:00:00.000000|24137|34|degree, late|60.00|1|2023-03-29|SC|3-Day|book",
    "U|2024-08-01 00:00:00.000000|15587|59|bit, late|1.00|1|2022-07-16|PW|3-Day|management",
)
