"""The desk's settings as the tests run with them; whatever starts a process of its own uses the real ones."""

from compliance.settings import *  # noqa: F403
from compliance.settings import DATABASES as _DATABASES
from compliance.settings import MIDDLEWARE as _MIDDLEWARE
from compliance.settings import STORAGES as _STORAGES

# Real password hashes take a tenth of a second each; the tests make hundreds of people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No manifest exists before collectstatic ran; the names of files are not what these tests are about.
STORAGES = {**_STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MIDDLEWARE = [name for name in _MIDDLEWARE if not name.startswith("whitenoise.")]
# Lets the throw-away database be emptied between tests; the triggers of the trail refuse it everywhere else.
_DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c desk.throw_away=on"
DATABASES = _DATABASES
