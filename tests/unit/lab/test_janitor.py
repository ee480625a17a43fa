from lamplighter.lab.janitor import belongs, is_runtime, mounts_under

FOLDER = "/tmp/lamplighter-abc"  # noqa: S108 - a name, nothing is written
SHIM = b"/usr/bin/containerd-shim-runc-v2\0-address\0/tmp/lamplighter-abc/docker/exec/containerd.sock\0"


def test_the_mark_makes_a_process_the_labs() -> None:
    assert belongs(FOLDER, b"PATH=/bin\0SHOP_LAB_FOLDER=/tmp/lamplighter-abc\0", b"python\0")


def test_another_labs_mark_does_not() -> None:
    assert not belongs(FOLDER, b"SHOP_LAB_FOLDER=/tmp/lamplighter-abcd\0", b"python\0")
    assert not belongs(FOLDER, b"X_SHOP_LAB_FOLDER=/tmp/lamplighter-abc\0", b"python\0")


def test_a_stranger_who_reads_a_file_of_the_lab_is_left_alone() -> None:
    assert not belongs(FOLDER, b"PATH=/bin\0", b"tail\0-f\0/tmp/lamplighter-abc/serve.log\0")


def test_a_container_runtime_that_names_the_folder_is_the_labs() -> None:
    assert belongs(FOLDER, b"", SHIM)
    assert not belongs("/tmp/lamplighter-xyz", b"", SHIM)  # noqa: S108 - a name


def test_a_runtime_is_known_by_its_program() -> None:
    assert is_runtime(b"containerd\0--config\0x\0")
    assert not is_runtime(b"dockerd\0--exec-root=/tmp/containerd\0")


def test_mounts_are_found_deepest_first() -> None:
    info = "\n".join(
        f"36 35 98:0 / {point} rw,noatime master:1 - ext4 /dev/root rw"
        for point in ("/", FOLDER, f"{FOLDER}/docker/netns/default", f"{FOLDER}d", "/proc")
    )
    assert mounts_under(FOLDER, info) == [f"{FOLDER}/docker/netns/default", FOLDER]
