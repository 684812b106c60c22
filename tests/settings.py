"""Settings of the tests. Processes that a test starts use the real settings."""

from compliance.settings import *  # noqa: F403
from compliance.settings import DATABASES as _DATABASES
from compliance.settings import MIDDLEWARE as _MIDDLEWARE
from compliance.settings import STORAGES as _STORAGES

# Real password hashes take a tenth of a second each.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No manifest exists before collectstatic.
STORAGES = {**_STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MIDDLEWARE = [name for name in _MIDDLEWARE if not name.startswith("whitenoise.")]
# Allows TRUNCATE between tests, which the triggers of the trail refuse elsewhere.
_DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c desk.throw_away=on"
# The threads of the live server serve many requests each.
_DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES = _DATABASES
