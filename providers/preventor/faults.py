"""What an HTTP status of Preventor means."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    FaultCode,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    ReferenceMismatch,
)
from providers.preventor.parse import NAME, row_of
from providers.transport import strict_json
from providers.transport.http import Response, parse_retry_after


def fault_of(response: Response) -> ProviderError:
    """The fault that an HTTP status other than 200 stands for, in the words of the code table."""
    row = row_of("http_status", str(response.status))
    detail = Detail(f"HTTP {response.status}: {row.summary} {row.action}", FaultCode.HTTP_ERROR)
    if response.status == 429:
        wait = parse_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        return ProviderThrottled(NAME, detail, retry_after=wait)
    if response.status in (401, 403):
        return CredentialsRefused(NAME, detail)
    if response.status == 404:
        return NotFoundAtProvider(NAME, detail)
    if response.status == 400:
        return ReferenceMismatch(NAME, Detail(detail + mnemonic_of(response), FaultCode.HTTP_ERROR))
    return ProviderUnavailable(NAME, detail)


def mnemonic_of(response: Response) -> str:
    """The mnemonic of an error envelope, such as BDRQST, in brackets. Its message stays out: it may name a person."""
    try:
        answer = strict_json.loads(response.body)
    except ValueError:
        return ""
    code = answer.get("code") if isinstance(answer, Mapping) else None
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_-]{2,20}", code) else ""
