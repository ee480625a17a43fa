from __future__ import annotations

from lamplighter.diagnosis.readers.kube_table import blocks

TWO = """\
NAME        READY   STATUS    RESTARTS      AGE
web-0       1/1     Running   2 (3m ago)    4d
db-0        0/1     Pending   0             4d

NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)
web    ClusterIP   10.0.0.1     <none>        80/TCP
"""


def test_each_header_begins_a_table_of_its_own() -> None:
    (pods, rows), (services, other) = blocks(TWO)
    assert pods == ("NAME", "READY", "STATUS", "RESTARTS", "AGE")
    assert rows[0]["RESTARTS"] == "2 (3m ago)"
    assert services[-1] == "PORT(S)"
    assert other == [
        {"NAME": "web", "TYPE": "ClusterIP", "CLUSTER-IP": "10.0.0.1", "EXTERNAL-IP": "<none>", "PORT(S)": "80/TCP"}
    ]


def test_an_empty_cell_stays_empty_and_names_of_two_words_stay_whole() -> None:
    content = "NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES\ndata   Pending                       RWO\n"
    [(columns, [row])] = blocks(content)
    assert columns[-1] == "ACCESS MODES"
    assert row == {"NAME": "data", "STATUS": "Pending", "VOLUME": "", "CAPACITY": "", "ACCESS MODES": "RWO"}


def test_rows_out_of_line_are_cut_at_their_gaps() -> None:
    [(_, [row])] = blocks("NAME  READY  STATUS\nmuch-longer-than-its-column   1/1   Running\n")
    assert row == {"NAME": "much-longer-than-its-column", "READY": "1/1", "STATUS": "Running"}


def test_text_without_a_header_is_no_table() -> None:
    assert blocks("No resources found in default namespace.\n") == []
