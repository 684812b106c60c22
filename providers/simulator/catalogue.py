"""All simulated providers."""

from providers.simulator.advance_ai import AdvanceAISimulator
from providers.simulator.bank131 import Bank131Simulator
from providers.simulator.btc_direct import BTCDirectSimulator
from providers.simulator.checkout_com import CheckoutComSimulator
from providers.simulator.preventor import PreventorSimulator
from providers.simulator.scenarios import ProviderSimulator


def all_simulators() -> tuple[ProviderSimulator, ...]:
    """A new instance of each, in the order in which people see the providers."""
    return (
        BTCDirectSimulator(),
        Bank131Simulator(),
        PreventorSimulator(),
        AdvanceAISimulator(),
        CheckoutComSimulator(),
    )
