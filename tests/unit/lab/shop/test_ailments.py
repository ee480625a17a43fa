from pathlib import Path

import pytest

from lamplighter.lab.shop.ailments import RECEIPT_BYTES, Ailments, Pool, PoolExhausted, memory_share

MIB = 1024 * 1024


def ailing(data: Path, said: list[str], **changes: Path) -> Ailments:
    return Ailments("store", data, lambda level, text: said.append(f"{level} {text}"), Pool(2), 64 * MIB, **changes)


def test_a_connection_that_is_given_back_can_be_lent_again() -> None:
    pool = Pool(1)
    for _ in range(3):
        with pool.lease():
            pass


def test_lost_connections_are_missed_by_the_next_request() -> None:
    pool = Pool(2)
    pool.lose()
    with pytest.raises(PoolExhausted, match="2 of 2 connections are held"), pool.lease():
        pass


def test_a_healthy_service_has_no_complaint_and_no_delay(tmp_path: Path) -> None:
    said: list[str] = []
    ill = ailing(tmp_path, said)
    assert (ill.complaint(), ill.delay_seconds(), said) == ("", 0.0, [])


def test_an_unknown_fault_is_none(tmp_path: Path) -> None:
    assert not ailing(tmp_path, []).start("drop tables")


def test_orders_are_refused_where_what_was_kept_fills_the_memory(tmp_path: Path) -> None:
    said: list[str] = []
    ill = ailing(tmp_path, said)
    ill.memory_bytes = 1
    assert ill.complaint() == ""
    ill.leaked.append(bytearray(1))
    assert "refusing orders" in ill.complaint()
    assert said[0].startswith("ERROR memory is used up")


def test_receipts_are_written_where_there_is_a_ledger(tmp_path: Path) -> None:
    ill = ailing(tmp_path, [], ledger=tmp_path)
    ill.keep_receipt()
    ill.keep_receipt()
    assert (tmp_path / "receipts").stat().st_size == 2 * RECEIPT_BYTES


def test_an_export_is_bounded_and_its_failure_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    ailing(tmp_path, said, ledger=tmp_path / "missing").fill()
    assert said[-1].startswith("ERROR the export failed: [Errno 2]")


def test_a_journal_of_numbers_is_settled_and_one_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    said: list[str] = []
    ill = ailing(tmp_path, said)
    ill.settle()
    ill.journal.write_text("17\n12\n", encoding="utf-8")
    ill.settle()
    assert said == ["INFO settled 29"]


def test_connections_are_delayed_by_a_bounded_number_of_seconds(tmp_path: Path) -> None:
    (tmp_path / "delay").write_text("1e9", encoding="ascii")
    assert ailing(tmp_path, []).delay_seconds() == 10.0
    (tmp_path / "delay").write_text("soon", encoding="ascii")
    assert ailing(tmp_path, []).delay_seconds() == 0.0


@pytest.mark.parametrize("names", [("memory.max", "memory.current", "memory.stat")])
def test_a_control_group_counts_its_own_memory_without_what_can_be_taken_back(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    for name, text in zip(names, (str(64 * MIB), str(60 * MIB), f"anon 1\ninactive_file {28 * MIB}\n"), strict=True):
        (tmp_path / name).write_text(text, encoding="ascii")
    assert memory_share(64 * MIB, tmp_path) == 0.5


def test_a_group_without_a_limit_of_its_own_leaves_the_process_to_count(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max", encoding="ascii")
    assert 0.0 < memory_share(1024 * 1024 * MIB, tmp_path) < 0.01
