import os
import pwd
import tempfile
import threading
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

import embedded
from embedded.folders import SOCKET_FOLDER_LIMIT

pytestmark = pytest.mark.processes


def process_of(pid_file):
    return psutil.Process(int(pid_file.read_text().split()[0]))


@pytest.fixture(params=["plain", "long, with space and 'comma' " * 4])
def data_dir(request, tmp_path):
    folder = tmp_path / request.param
    yield folder
    embedded.postgres_stop(folder)
    embedded.redis_stop(folder)


def test_data_survives_the_death_of_both_servers_in_any_folder(data_dir):
    database, broker = embedded.postgres_start(data_dir), embedded.redis_start(data_dir)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Zoë' AS name")
    redis.Redis.from_url(broker).set("kept", "yes")
    servers = [process_of(data_dir / name) for name in ("postgres/postmaster.pid", "redis/redis.pid")]
    for server in servers:
        server.kill()
    psutil.wait_procs(servers)

    assert (embedded.postgres_start(data_dir), embedded.redis_start(data_dir)) == (database, broker)

    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT name, upper(name) FROM kept").fetchone() == ("Zoë", "ZOË")
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    assert redis.Redis.from_url(broker).get("kept") == b"yes"


@pytest.fixture
def plain_dir(tmp_path):
    yield tmp_path / "data"
    embedded.postgres_stop(tmp_path / "data")
    embedded.redis_stop(tmp_path / "data")


def test_a_stale_pid_file_with_a_reused_pid_does_no_harm(plain_dir):
    embedded.postgres_start(plain_dir, durable=False)
    pid_file = plain_dir / "postgres" / "postmaster.pid"
    stale = pid_file.read_text().split("\n", 1)[1]
    embedded.postgres_stop(plain_dir)
    pid_file.write_text(f"{os.getpid()}\n{stale}")
    (plain_dir / "redis").mkdir()
    (plain_dir / "redis" / "redis.pid").write_text(f"{os.getpid()}\n")

    assert not embedded.postgres_running(plain_dir)
    psycopg.connect(embedded.postgres_start(plain_dir, durable=False)).close()
    assert redis.Redis.from_url(embedded.redis_start(plain_dir)).ping()


def test_an_interrupted_initdb_starts_over(plain_dir):
    (plain_dir / "postgres.new" / "base").mkdir(parents=True)
    (plain_dir / "postgres").mkdir()
    (plain_dir / "postgres" / "half").write_text("made")

    psycopg.connect(embedded.postgres_start(plain_dir, durable=False)).close()


def test_four_simultaneous_starts_share_the_same_servers(plain_dir):
    def start():
        embedded.postgres_start(plain_dir, durable=False)
        embedded.redis_start(plain_dir)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    folder = str(plain_dir.resolve() / "postgres")
    servers = {p.pid: p for p in psutil.process_iter(["cmdline", "ppid"]) if folder in (p.info["cmdline"] or [])}
    # A child of PostgreSQL that was forked this moment has its parent's command line still.
    assert [p.pid for p in servers.values() if p.info["ppid"] not in servers] == [
        process_of(plain_dir / "postgres" / "postmaster.pid").pid
    ]
    assert redis.Redis.from_url(embedded.redis_url(plain_dir)).ping()


def test_nothing_is_left_in_the_temporary_folder(tmp_path):
    data_dir = tmp_path / "a,b"
    url = embedded.redis_start(data_dir)
    folder = Path(url.removeprefix("unix://")).parent
    assert folder.stat().st_mode & 0o077 == 0
    embedded.redis_stop(data_dir)
    assert not folder.exists()


@pytest.mark.parametrize("temporary", ["/tmp", "/tmp/" + "y" * SOCKET_FOLDER_LIMIT, "/tmp/y, z"])
def test_a_long_or_odd_folder_gets_its_sockets_in_a_short_plain_one(tmp_path, monkeypatch, temporary):
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    for name in ("a,b", "x" * SOCKET_FOLDER_LIMIT):
        url = embedded.redis_url(tmp_path / name)
        assert len(url) < 100
        assert "," not in url


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's folder")
def test_another_users_folder_is_refused_with_the_fix():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "redis").mkdir(mode=0o700)
        said = as_nobody(lambda: embedded.access_check(Path(name)))
    assert f"sudo chown -R nobody '{name}'" in said
    assert "belongs to root" in said


def as_nobody(act):
    """Return the error if a normal user runs `act`, in a fork, because the interpreter may be in root's home."""
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            os.setuid(pwd.getpwnam("nobody").pw_uid)
            act()
        except ImproperlyConfigured as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.wait()
    with os.fdopen(read) as stream:
        return stream.read()
