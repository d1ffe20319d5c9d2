"""The composition root: everything that one process opens once, passed on to whoever needs it."""

from __future__ import annotations

from functools import cached_property

from econsult.database import Database
from econsult.errors import SettingError
from econsult.installation import Installation, check_ring, open_installation
from econsult.settings import Settings, load_settings
from econsult.vault import Vault
from storage.blobs import BlobStore, StoreRefused, StoreUnavailable, open_store
from workers.doorbell import Doorbell, check_url, queue_mark
from workers.scanner import Scanner, open_scanner


class Runtime:
    """Settings, records, keys, blobs and the doorbell of one installation. Close it when the process ends."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    @property
    def settings(self) -> Settings:
        return self.installation.settings

    @property
    def database(self) -> Database:
        return self.installation.database

    @property
    def vault(self) -> Vault:
        return self.installation.vault

    @property
    def secret_key(self) -> str:
        return self.installation.secret_key

    @cached_property
    def blobs(self) -> BlobStore:
        """The blob store, opened at first use. Raises StoreUnavailable while it does not answer."""
        return open_store(self.settings.blobs_url)

    @cached_property
    def doorbell(self) -> Doorbell | None:
        """The way to wake a worker, or None where the workers poll the job table."""
        url = self.settings.redis_url
        return Doorbell(url, queue_mark(self.secret_key, self.database)) if url else None

    @cached_property
    def scanner(self) -> Scanner | None:
        """The virus scanner, or None where files are not scanned."""
        return open_scanner(self.settings.clamd_url)

    def close(self) -> None:
        self.installation.close()


def open_runtime(settings: Settings | None = None, *, is_demo: bool = False) -> Runtime:
    """Open what the settings name (those of the environment, unless given).

    Raises SettingError with one sentence for a value that cannot work. A blob store that only does not answer yet is
    no such value: it is tried again at first use.
    """
    settings = settings or load_settings(is_demo=is_demo)
    check_url(settings.redis_url)
    runtime = Runtime(open_installation(settings))
    check_ring(runtime.installation)
    try:
        runtime.blobs.check()
    except StoreRefused as error:
        raise SettingError(f"ECONSULT_BLOBS_URL: {error}.") from None
    except StoreUnavailable:
        return runtime
    except ValueError as error:
        raise SettingError(f"ECONSULT_BLOBS_URL: {error}.") from None
    return runtime
