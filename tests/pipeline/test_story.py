"""The article's story, with the demo's files: the exact rows of every table after each step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lake import Lake
from pipeline.ledger import assert_chained, documents, last, published_state, read_range, state

from runner import demo_files as files

ORDER = ("invoice_id", "item_id", "category", "price", "quantity", "order_date", "destination_state")
DAILY = ("order_date", "destination_state", "orders", "items", "quantity", "revenue", "average_order_value")
MIX = ("destination_state", "shipping_type", "items", "quantity", "revenue", "share_of_items")
REFUSED = ("reasons", "invoiceid", "itemid", "price", "orderdate")
Cells = tuple[Any, ...]

DEGREE = (24137, 34, "degree", 53.51, 1, date(2023, 3, 29), "SC")
BIT = (15587, 59, "bit", 40.94, 5, date(2022, 7, 16), "PW")
SCHOOL = (42918, 69, "school", 27.23, 3, date(2024, 4, 29), "CT")
MARKET = (40994, 67, "market", 92.02, 1, date(2021, 5, 21), "VI")
LANGUAGE = (83597, 37, "language", 97.07, 3, date(2021, 9, 10), "SC")
GARDEN = (51001, 12, "garden", 18.40, 2, date(2024, 11, 1), "CT")
PAPER = (51010, 20, "paper", 3.10, 100, date(2024, 11, 2), "CT")
FIRST_FIVE = {DEGREE, BIT, SCHOOL, MARKET, LANGUAGE}
UPDATED = {DEGREE, BIT, SCHOOL, renamed(MARKET) if False else MARKET}
