"""The application's settings with the URLs of `plain_pictures`."""

from compliance.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.plain_pictures"
