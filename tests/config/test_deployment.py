"""What the deployment files say is true of the code, and an unsafe production does not start."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from config.health import PROBES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
#: Those of our own image.
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "attest"}
INTERPOLATED = re.compile(r"\$\{([A-Z_]+)")
#: Variables of other programs, in the compose file for their own sake.
FOREIGN = {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"}
PRODUCTION = {
    "ATTEST_PRODUCTION": "true",
    "SECRET_KEY": "kJ8-Zq2w_Xn5Rt7Yb4Mc9Vd1Lf6Hg3Ps0Ta8Ue5Wi2Ox7Nz4Kq1",
    "ALLOWED_HOSTS": "attest.example.org",
    "DATABASE_URL": "postgres://attest:attest@127.0.0.1:1/attest",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command under these variables of Attest and no others."""
    of_the_shell = {"PATH", "LANG", "HOME", "TMPDIR", "PYTHONPYCACHEPREFIX"}
    inherited = {name: value for name, value in os.environ.items() if name in of_the_shell}
    return subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | {name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def image_command() -> list[str]:
    last = next(
        line for line in reversed((ROOT / "Dockerfile").read_text().splitlines()) if line.startswith("CMD")
    )
    return list(yaml.safe_load(last.removeprefix("CMD ")))


def variables_of_the_code() -> set[str]:
    read = re.compile(r"""(?:environ(?:\.get\(|\[)|env_\w+\()\s*"([A-Z_]+)\"""")
    modules = [path for path in (ROOT / "config").glob("*.py") if path.name != "settings_test.py"]
    return {name for path in modules for name in read.findall(path.read_text())} - {"DJANGO_SETTINGS_MODULE"}


def variables_of_the_sample() -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def variables_of_compose() -> set[str]:
    return set(INTERPOLATED.findall((ROOT / "docker-compose.yml").read_text()))


# --- The files agree with the code -----------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_a_service_exists(name):
    match OURS[name].get("command", image_command()):
        case ["python", "manage.py", command, *_]:
            assert command in get_commands()
        case ["celery", "-A", package, "worker", *_]:
            assert import_module(package).celery_app.main == "attest"
        case ["gunicorn", *options, target]:
            module, _, name = target.partition(":")
            assert callable(getattr(import_module(module), name))
            configuration = next(option for option in options if option.startswith("--config=python:"))
            import_module(configuration.removeprefix("--config=python:"))
        case other:
            pytest.fail(f"nobody knows what {other} is")


def test_the_sample_lists_every_variable_that_something_reads_and_no_other():
    assert variables_of_the_sample() == variables_of_the_code() | variables_of_compose()


def test_every_variable_that_a_service_gets_is_read():
    given = {name for service in OURS.values() for name in service["environment"]}
    assert given <= variables_of_the_code()


def test_every_variable_of_the_code_reaches_the_services_or_is_theirs_already():
    given = {name for service in OURS.values() for name in service["environment"]}
    assert variables_of_the_code() - given == {"ATTEST_HOME", "PORT"}


def test_no_secret_has_a_default():
    for path in ("docker-compose.yml", "Dockerfile"):
        for name, after in re.findall(r"\$\{(\w*(?:SECRET|PASSWORD)\w*)(.)", (ROOT / path).read_text()):
            assert after == ":", f"{name} in {path}"
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{secret}:?" in (ROOT / "docker-compose.yml").read_text()
        assert re.search(rf"^{secret}=$", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_every_probe_of_a_health_check_is_answered():
    asked = re.findall(r"127\.0\.0\.1:8000(/\w+)", (ROOT / "Dockerfile").read_text() + yaml.safe_dump(OURS))
    assert asked
    assert set(asked) <= PROBES.keys()


def test_every_service_says_how_it_is_well_or_that_nobody_asks():
    for name, service in COMPOSE["services"].items():
        assert "healthcheck" in service or name == "web", name  # web has the image's own


def test_only_the_web_server_listens_and_on_this_machine_alone():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in OURS["web"]["ports"])


def test_workers_can_be_many():
    assert "container_name" not in OURS["worker"]


def test_the_image_does_not_run_as_root():
    assert "\nUSER attest\n" in (ROOT / "Dockerfile").read_text()


# --- Production starts only when it is safe --------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "SECRET_KEY is too weak"),
        ("SECRET_KEY", "x" * 80, "SECRET_KEY is too weak"),
        ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"], "SECRET_KEY is too weak"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS must name"),
        ("ALLOWED_HOSTS", "attest.example.org,*", "ALLOWED_HOSTS must name"),
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("CELERY_BROKER_URL", "", "CELERY_BROKER_URL is not set"),
        ("ATTEST_PRODUCTION", "perhaps", "ATTEST_PRODUCTION='perhaps' is not a yes or a no"),
        ("ATTEST_JOB_LEASE", "soon", "ATTEST_JOB_LEASE='soon' is not a whole number"),
        ("ATTEST_JOB_LEASE", "0", "ATTEST_JOB_LEASE=0 is out of range"),
        ("ATTEST_ENDPOINTS", "m=http://m/", "ATTEST_ENDPOINTS: it is no JSON"),
        ("ATTEST_ENDPOINTS", '{"m": {"url": "ftp://m/"}}', "ATTEST_ENDPOINTS: 'm' needs a url of http"),
        ("ATTEST_ENDPOINT_SECONDS", "900", "ATTEST_ENDPOINT_SECONDS=900 is out of range"),
        ("ATTEST_TRAINING_THREADS", "0", "ATTEST_TRAINING_THREADS=0 is out of range"),
    ],
)
def test_production_refuses_to_start(variable, value, reason):
    result = manage("check", **PRODUCTION | {variable: value})
    assert result.returncode != 0
    assert reason in result.stderr


def test_a_secret_of_an_endpoint_is_in_no_refusal_and_no_listing():
    entry = '{"m": {"url": "http://m/%s", "headers": {"%s": "canary-7f3a9c"}}}'
    refused = manage("check", **PRODUCTION | {"ATTEST_ENDPOINTS": entry % ("canary-7f3a9c", "Host")})
    assert refused.returncode != 0
    assert "cannot have the header 'Host'" in refused.stderr
    listed = manage("diffsettings", **PRODUCTION | {"ATTEST_ENDPOINTS": entry % ("canary-7f3a9c", "Key")})
    assert "Endpoint(name='m'" in listed.stdout
    assert "canary-7f3a9c" not in refused.stderr + refused.stdout + listed.stdout + listed.stderr


def test_production_passes_the_deployment_check_of_django():
    result = manage("check", "--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_production_makes_no_files_of_its_own(tmp_path):
    home = tmp_path / "home"
    manage("check", **PRODUCTION | {"ATTEST_HOME": str(home)})
    assert not home.exists()
