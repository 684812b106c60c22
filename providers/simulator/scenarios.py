"""Base class of simulated providers, and scenarios: states of a check that change with time.

A reference (order id, ticket, idv_... id) names its scenario and a serial; the serial names an invented person
(``people.person``). So a call with the right reference gives any answer, without set-up.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from providers.simulator.faults import Fault, fault_named
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.world import World

__all__ = [
    "Fault",
    "ProviderSimulator",
    "Scenario",
    "SimRequest",
    "SimResponse",
    "Step",
    "World",
    "fault_scenarios",
    "flow",
    "steady",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From ``after`` seconds since the reference was first seen (or set), it is in this ``state``."""

    after: float
    state: Mapping[str, Any]
    """Data from which the provider's simulator composes its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The states of a check over time. ``kind`` is the check's kind (``identity``, ``document``, ``face``, ...)."""

    name: str
    """Lower case with hyphens, readable: ``declined-62301``, ``flow-second-attempt``, ``fault-http-500``."""
    kind: str
    steps: tuple[Step, ...]
    fault: Fault | None = None
    note: str = ""
    """A line for the list of scenarios."""


def steady(name: str, kind: str, state: Mapping[str, Any], *, note: str = "", fault: Fault | None = None) -> Scenario:
    """A scenario that does not change."""
    return Scenario(name=name, kind=kind, steps=(Step(after=0.0, state=state),), fault=fault, note=note)


def flow(name: str, kind: str, *steps: tuple[float, Mapping[str, Any]], note: str = "") -> Scenario:
    """A scenario that changes: pairs of (seconds after the first sight, state), in order, the first at 0."""
    return Scenario(
        name=name, kind=kind, steps=tuple(Step(after=after, state=state) for after, state in steps), note=note
    )


def fault_scenarios(kind: str, approving: Mapping[str, Any], *names: str) -> dict[str, Scenario]:
    """``fault-<name>`` for every fault (or for ``names``), with a state that would be approved without the fault.

    The server applies the generic faults to the finished answer. Three depend on the provider's format
    (``another-applicant``, ``other-letter-case``, ``unknown-word``): its ``handle`` applies them, from
    ``World.scenario(...).fault``.
    """
    found = [fault_named(name) for name in names] if names else list(Fault)
    scenarios = (steady(f"fault-{fault.value}", kind, approving, fault=fault, note=fault.note) for fault in found)
    return {scenario.name: scenario for scenario in scenarios}


class ProviderSimulator(ABC):
    """One provider's API. One instance lives as long as the server; calls come from many threads at once."""

    name: ClassVar[str]
    """Registry name: ``btc_direct``."""
    label: ClassVar[str]
    position: ClassVar[int] = 99
    """Place in lists of providers."""
    account_name: ClassVar[str]
    """Name of the demonstration account: ``btcdirect-demo``."""
    poll_seconds: ClassVar[int] = 5
    """How often the demonstration account reads an open check."""
    demo_cases: ClassVar[str] = ""
    """Demonstration cases besides those of ``demo.py``, in the same form."""
    demo_countries: ClassVar[tuple[str, ...]] = ()
    """Where the applicants of the demonstration come from, as ISO 3166 alpha-2."""
    accepts_body: ClassVar[bool] = False
    """Whether a test can set any body as the answer about a reference, by ``/_simulator/tell``."""
    credentials: ClassVar[Mapping[str, str]]
    """Credentials of the demonstration account, by the product's credential keys."""
    other_credentials: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Further accepted credentials, by the name of their behaviour: ``tokens-live-3-seconds``."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings that the demonstration account needs besides rate and poll interval."""

    @property
    @abstractmethod
    def scenarios(self) -> Mapping[str, Scenario]:
        """All scenarios by name; built once."""

    @abstractmethod
    def owns(self, request: SimRequest) -> bool:
        """True for a path of this API. The paths of two providers must not overlap."""

    @abstractmethod
    def reference(self, scenario_name: str, serial: int) -> str:
        """The reference, in the provider's own format, of this scenario for person ``serial`` (0-9999).

        Raises ``KeyError`` for an unknown scenario.
        """

    @abstractmethod
    def scenario_of(self, reference: str) -> tuple[Scenario, int] | None:
        """Scenario and serial of a reference, or None for an unknown one."""

    @abstractmethod
    def reference_of(self, request: SimRequest) -> str | None:
        """The reference in a call (from path or body), None for token requests and the like."""

    @abstractmethod
    def handle(self, request: SimRequest, world: World) -> SimResponse:
        """Answer as the provider would: strict in method, headers, authentication, ids and expiry."""

    def check_settings(self, serial: int) -> Mapping[str, Any]:
        """Settings of a check of this person in the product, such as BTC Direct's ``user_identifier``."""
        return {}
