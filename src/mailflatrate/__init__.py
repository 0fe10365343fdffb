"""mailflatrate: an email marketing service that cannot be used to spam.

Data flows through the packages in this order: application -> account -> agreement -> list (origin) -> form ->
consent -> campaign -> gate -> delivery -> feedback -> list. ARCHITECTURE.md explains the layers.
"""

from typing import Final

__version__: Final = "0.1.0"
"""The version of the product. Everything else that names one takes it from this line or is compared with it."""
