"""Tables of attention."""

import re

import pytest
import torch
from rederived.chapters.titles.figures import attention_table, show_attention


def test_a_table_has_a_row_for_each_written_character():
    weights = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.26, 0.74]])
    table = attention_table(weights, "天<地", "玄黄")
    rows = table.split("<tr>")[1:]
    assert len(rows) == 3
    assert "&lt;" in rows[0]
    shades = [re.findall(r"opacity:([\d.]+)", row) for row in rows[1:]]
    assert shades == [["0.7", "0.7"], ["0.4", "1.0"]]


def test_shapes_and_alt_text_are_checked():
    with pytest.raises(ValueError, match="1 written and 3 read"):
        attention_table(torch.ones(1, 2), "天地玄", "黄")
    with pytest.raises(ValueError, match="alt text"):
        show_attention(torch.ones(1, 1), "天", "地", alt=" ")
