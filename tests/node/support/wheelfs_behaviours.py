"""What programs do with files, each on a mounted tree and on one written the ordinary way.

Runs inside Pyodide. ``compare()`` tells for every function whose name begins with ``do_`` whether the answers were the
same, and how many files were unpacked for it.
"""

# The functions of os are what is looked at here.
# ruff: noqa: PTH101, PTH103, PTH104, PTH105, PTH106, PTH108, PTH110, PTH116, PTH123, PTH202, PTH208, PTH211

from __future__ import annotations

import ctypes
import importlib
import importlib.resources
import importlib.util
import inspect
import json
import mmap
import os
import pkgutil
import random
import shutil
import time
import traceback
import zipfile
import zlib
from array import array

import wheelfs  # type: ignore[import-not-found]
from pyodide.ffi import to_js

from node.support.wheelfs_trees import DATE, FILES, NOISE, ZIPS, content, lazy_files, mount, on_path, tree, write

# What can be asked of a file without its content.


def do_stat(root: str) -> object:
    found: list[tuple[object, ...]] = []
    for folder, folders, files in sorted(os.walk(root)):
        for name in sorted(files):
            path = f"{folder}/{name}"
            status = os.stat(path)
            assert os.lstat(path).st_ino == status.st_ino
            found.append(
                (name, oct(status.st_mode), status.st_size, status.st_mtime, status.st_nlink, status.st_blocks)
            )
        found.append((sorted(folders), oct(os.stat(folder).st_mode)))
    return found


def do_access_and_seek_to_the_end(root: str) -> object:
    with open(f"{root}/package/data/zeros.bin", "rb") as file:
        end = file.seek(0, os.SEEK_END)
    return end, os.path.getsize(f"{root}/package/module.py"), os.access(f"{root}/package/module.py", os.R_OK)


def do_truncate_by_opening(root: str) -> object:
    path = f"{root}/package/data/zeros.bin"
    with open(path, "w") as file:
        before = os.path.getsize(path)
        file.write("new")
    return before, content(path), os.path.getsize(path)


def do_truncate_to_nothing(root: str) -> object:
    path = f"{root}/package/data/noise.bin"
    os.truncate(path, 0)
    return content(path), os.path.getsize(path)


def do_rename_file(root: str) -> object:
    os.rename(f"{root}/package/data/noise.bin", f"{root}/other/renamed.bin")
    return os.path.exists(f"{root}/package/data/noise.bin"), os.stat(f"{root}/other/renamed.bin").st_size


def do_rename_folder_above(root: str) -> object:
    os.rename(f"{root}/package", f"{root}/other/deep/moved")
    return sorted(os.listdir(f"{root}/other/deep/moved/data"))


def do_unlink(root: str) -> object:
    os.unlink(f"{root}/package/module.py")
    shutil.rmtree(f"{root}/package/data")
    return sorted(os.listdir(f"{root}/package")), os.path.exists(f"{root}/package/data/noise.bin")


def do_change_times_and_mode(root: str) -> object:
    path = f"{root}/package/module.py"
    os.chmod(path, 0o400)
    os.utime(path, (1_000_000, 2_000_000))
    status = os.stat(path)
    return status.st_mtime, oct(status.st_mode), status.st_size


def do_find_the_module(root: str) -> object:
    with on_path(root):
        spec = importlib.util.find_spec("package")
        return spec and str(spec.origin).removeprefix(root)


# What needs the content.


def do_read_everything(root: str) -> object:
    return tree(root)


def do_read_after_renaming_above(root: str) -> object:
    os.rename(f"{root}/package", f"{root}/elsewhere")
    os.rename(f"{root}/elsewhere/data", f"{root}/other/data")
    return tree(root)


def do_read_in_pieces(root: str) -> object:
    found = []
    for name in ("noise.bin", "zeros.bin", "one.bin", "window.bin"):
        with open(f"{root}/package/data/{name}", "rb", buffering=0) as file:
            for position in (0, 1, 65_535, 262_143, 262_144, 699_990, 5_000_000):
                file.seek(position)
                found.append(file.read(11))
    return found


def do_read_at_an_offset(root: str) -> object:
    handle = os.open(f"{root}/package/data/noise.bin", os.O_RDONLY)
    try:
        return os.pread(handle, 100, 300_000), os.read(handle, 3), os.pread(handle, 10, 699_995)
    finally:
        os.close(handle)


def do_read_text(root: str) -> object:
    with open(f"{root}/package/data/text.txt", encoding="utf-8") as file:
        return file.readline(), len(list(file))


def do_read_empty(root: str) -> object:
    return content(f"{root}/package/empty.py")


def do_several_opens(root: str) -> object:
    path = f"{root}/package/module.py"
    with open(path, "rb") as one, open(path, "rb") as two, open(path, "r+b") as three:
        first = one.read(20)
        three.write(b"# changed by another")
        three.flush()
        return first, two.read(30), one.read(10)


def do_read_from_c(root: str) -> object:
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    file = ctypes.c_void_p(libc.fopen(f"{root}/package/data/noise.bin".encode(), b"rb"))
    buffer = ctypes.create_string_buffer(50)
    found = libc.fseek(file, 400_000, 0), libc.fread(buffer, 1, 50, file), buffer.raw
    return *found, libc.fclose(file)


def do_map(root: str) -> object:
    with (
        open(f"{root}/package/data/noise.bin", "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as it,
    ):
        return len(it), it[:10], it[-10:], it.find(NOISE[500_000:500_020])


def do_map_a_part(root: str) -> object:
    options = {"access": mmap.ACCESS_READ, "offset": mmap.ALLOCATIONGRANULARITY}
    with open(f"{root}/package/data/noise.bin", "rb") as file, mmap.mmap(file.fileno(), 1000, **options) as it:
        return it[:]


def do_map_to_write(root: str) -> object:
    path = f"{root}/package/data/noise.bin"
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as it:
        it[100:105] = b"HELLO"
        it.flush()
    return content(path)


def do_map_a_private_copy(root: str) -> object:
    path = f"{root}/package/data/noise.bin"
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as it:
        it[0:5] = b"HELLO"
        return it[:6], content(path)[:6]


def do_write_in_the_middle(root: str) -> object:
    found = []
    for name in ("noise.bin", "zeros.bin", "one.bin"):
        path = f"{root}/package/data/{name}"
        with open(path, "r+b") as file:
            file.seek(1000)
            file.write(b"between")
        found.append((content(path), os.path.getsize(path)))
    return found


def do_append(root: str) -> object:
    for name in ("data/text.txt", "data/noise.bin", "empty.py"):
        with open(f"{root}/package/{name}", "ab") as file:
            file.write(b"# more\n" * 2000)
    return tree(root)


def do_write_and_read(root: str) -> object:
    with open(f"{root}/package/data/text.txt", "w+b") as file:
        file.write(b"abc")
        file.seek(0)
        return file.read()


def do_truncate_in_the_middle(root: str) -> object:
    os.truncate(f"{root}/package/data/noise.bin", 12_345)
    os.truncate(f"{root}/package/data/one.bin", 100)
    return tree(root)


def do_write_moves_the_time(root: str) -> object:
    path = f"{root}/package/module.py"
    with open(path, "ab") as file:
        file.write(b"#")
    return abs(os.stat(path).st_mtime - time.time()) < 60


def do_replace(root: str) -> object:
    os.replace(f"{root}/package/data/text.txt", f"{root}/package/module.py")
    return tree(root)


def do_unlink_while_open(root: str) -> object:
    path = f"{root}/package/data/text.txt"
    with open(path, "rb") as file:
        os.unlink(path)
        return file.read(), os.path.exists(path)


def do_copy_tree(root: str) -> object:
    shutil.copytree(f"{root}/package", f"{root}/copied")
    return tree(root), os.stat(f"{root}/package/data/noise.bin").st_mtime


def do_move_tree(root: str) -> object:
    shutil.move(f"{root}/package", f"{root}/other/package")
    shutil.copy2(f"{root}/other/package/module.py", f"{root}/module.py")
    return tree(root)


def do_follow_a_link(root: str) -> object:
    os.symlink(f"{root}/package/data/text.txt", f"{root}/link.txt")
    return content(f"{root}/link.txt"), os.stat(f"{root}/link.txt").st_size


def do_zip_inside(root: str) -> object:
    with zipfile.ZipFile(f"{root}/package/data/inner.zip") as archive:
        return archive.testzip(), archive.read("inside.txt")


def do_import_from_zip_inside(root: str) -> object:
    with zipfile.ZipFile(f"{root}/package/data/inner.zip", "a") as archive:
        info = zipfile.ZipInfo("zipped_module.py", DATE)  # or the trees would differ when a second begins in between
        archive.writestr(info, "WHERE = __file__\n")
    with on_path(f"{root}/package/data/inner.zip"):
        return importlib.import_module("zipped_module").WHERE.removeprefix(root)


def do_resources(root: str) -> object:
    with on_path(root):
        files = importlib.resources.files("package")
        with importlib.resources.as_file(files / "data" / "text.txt") as path:
            real = str(path).removeprefix(root)
        text = (files / "data" / "text.txt").read_text(encoding="utf-8")
        names = sorted(item.name for item in files.joinpath("data").iterdir())
        return text, names, real, pkgutil.get_data("package", "data/naïve ★.txt")


def do_import(root: str) -> object:
    with on_path(root):
        package = importlib.import_module("package")
        module = importlib.import_module("package.module")
        try:
            package.fail()
        except ValueError:
            trace = traceback.format_exc().replace(root, "")
        modules = sorted(each.name for each in pkgutil.iter_modules(package.__path__))
        return package.ANSWER, module.VALUE, inspect.getsource(package.fail), trace.splitlines()[-3:], modules


def do_make_and_remove_beside(root: str) -> object:
    os.makedirs(f"{root}/package/__pycache__")
    with open(f"{root}/package/__pycache__/new.pyc", "wb") as file:
        file.write(b"new")
    os.rename(f"{root}/package/__pycache__/new.pyc", f"{root}/package/data/one.bin")
    os.rmdir(f"{root}/package/__pycache__")
    return tree(root)


def compare() -> str:
    """For each behaviour: whether both trees gave the same answer and are the same now, and what was unpacked."""
    found: dict[str, dict[str, object]] = {}
    for name, behaviour in list(globals().items()):
        if name.startswith("do_"):
            base = f"/trees/{name}"
            os.makedirs(base)
            mount(f"{base}/lazy", ZIPS["mixed"])
            write(f"{base}/eager", ZIPS["mixed"])
            answers, unpacked = [], None
            for kind in ("lazy", "eager"):
                answers.append(behaviour(f"{base}/{kind}"))
                unpacked = unpacked if unpacked is not None else len(FILES) - 1 - len(lazy_files(f"{base}/lazy"))
            trees = tree(f"{base}/lazy"), tree(f"{base}/eager")
            found[name] = {"same": answers[0] == answers[1], "same_tree": trees[0] == trees[1], "unpacked": unpacked}
            if answers[0] != answers[1]:
                found[name]["answers"] = [repr(answer)[:500] for answer in answers]
            shutil.rmtree(base)
    return json.dumps(found)


def varieties() -> str:
    """For each kind of archive, whether the mounted tree is the written one."""
    found: dict[str, dict[str, object]] = {}
    for kind, data in ZIPS.items():
        os.makedirs(f"/varieties/{kind}")
        answer = mount(f"/varieties/{kind}/lazy", data)
        write(f"/varieties/{kind}/eager", data)
        same = tree(f"/varieties/{kind}/lazy") == tree(f"/varieties/{kind}/eager")
        found[kind] = {"answer": answer, "same": same and not lazy_files(f"/varieties/{kind}/lazy")}
    return json.dumps(found)


def pieces() -> str:
    """Contents of many lengths, packed in many ways, in an archive without headers: those that differ."""
    random_bytes = random.Random(1)
    window = 256 * 1024
    lengths = [0, 1, 2, 100, *(times * window + more for times in (1, 2, 3) for more in (-1, 0, 1, 57)), 65_535, 65_536]
    contents, archive, rows = [], bytearray(b"something before"), array("d")
    for length in lengths:
        noise = random_bytes.randbytes(length)
        for data in (noise, bytes(length), noise[: length // 3] * 3):
            for level in (None, 0, 1, 9):
                packed = data if level is None else _deflated(data, level)
                crc = zlib.crc32(data)
                rows.extend((len(archive), len(packed), len(data), 0 if level is None else 8, crc, 0o644, 1e12))
                archive += packed
                contents.append(data)
    paths = [f"/pieces/{number}" for number in range(len(contents))]
    answer = wheelfs.mount(to_js(bytes(archive)), "", "\0".join(paths), to_js(rows), "pieces")
    cut_off = wheelfs.mount(to_js(bytes(archive[:-1])), "", "\0".join(paths), to_js(rows), "pieces")
    differing = [path for path, expected in zip(paths, contents, strict=True) if content(path) != expected]
    return json.dumps({"answer": answer, "cut_off": cut_off, "count": len(contents), "differing": differing})


def _deflated(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()
