"""The settings that the chroot of a newer Python takes over from this machine."""

import pytest

from deploy.check_python import UnavailableError, debian_mirror, pip_variables


def test_the_mirror_is_that_of_debian_itself() -> None:
    sources = "cloud https://one.example/apt\nDebian-Security http://two.example/s\n"
    assert debian_mirror(f"{sources}Debian http://three.example/d\n") == "http://three.example/d"
    with pytest.raises(UnavailableError):
        debian_mirror(sources)


def test_variables_override_pips_files() -> None:
    listing = (
        ":env:.index-url='https://one.example/simple'\n"
        "global.extra-index-url='file:///a\\nfile:///b'\n"
        "global.index-url='https://two.example/simple'\n"
        "install.no-binary='pyyaml'\n"
    )
    assert pip_variables(listing) == {
        "PIP_INDEX_URL": "https://one.example/simple",
        "PIP_EXTRA_INDEX_URL": "file:///a\nfile:///b",
        "PIP_NO_BINARY": "pyyaml",
    }
