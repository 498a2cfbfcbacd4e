"""What one process holds to do its work: settings, clock, entropy, keys, doors outward."""

from dataclasses import dataclass

from idp.domain.keyring import Keyring
from idp.domain.passwords import Hasher
from idp.kernel.clock import Clock
from idp.kernel.entropy import Entropy
from idp.kernel.fetching import Fetcher
from idp.kernel.sealing import Sealer
from idp.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Made once in `idp.app` (or by a test) and handed to everything below it."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    sealer: Sealer
    keyring: Keyring
    hasher: Hasher
    fetcher: Fetcher
