"""One service on its way from a choice to an instance, in a thread of its own."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from harness.core.choice import Choice
from harness.core.instance import Instance, Running
from harness.core.recipe import ContainerRecipe, Recipe
from harness.core.registry.claim import Claim
from harness.core.registry.directory import registry_of
from harness.core.service import Service
from harness.core.settings import Settings
from harness.core.waiting import wait_until_ready
from harness.errors import HarnessError, StartError, again

CANCEL_TIMEOUT = 30.0  # seconds
ATTACH_TIMEOUT = 5.0  # seconds that one that others use is given to answer


class Start:
    """One service on its way from a choice to an instance, in a thread of its own.

    Args:
        service: What is started.
        choice: Where.
        settings: The settings of the environment.
        needs: What has to run before, by the service that was declared: the start of an equal
            one may have been begun for another declaration.
        network: Number of the Docker network on which it sees its peers; None for none.
        private: What makes it nobody else's; empty for one that other processes may share.
    """

    def __init__(
        self,
        service: Service[Any],
        choice: Choice,
        settings: Settings,
        needs: Mapping[Service[Any], Start] | None = None,
        network: str | None = None,
        private: str = "",
    ) -> None:
        self.service = service
        self.choice = choice
        self.settings = settings
        self.needs = needs or {}
        self.network = network
        self.private = private
        self.key = ""
        self._begun = False
        self._done = threading.Event()
        self._cancelled = threading.Event()
        self._instance: Instance[Any] | None = None
        self._failure: Exception | None = None

    def begin(self) -> None:
        """Start in the background; at once what runs in this process, which is no wait."""
        name = f"harness-start-{self.service.kind}"
        self._begun = True
        if self.choice.in_process:
            self._run()
            return
        try:
            threading.Thread(target=self._run, name=name, daemon=True).start()
        except RuntimeError as error:  # nobody must wait for what will never run
            self._failure = StartError(
                f"the start of {self.service.label} got no thread: {error}",
                cause="this process has too many threads, or is ending",
                hint="start services before the end of the process",
            )
            self._done.set()

    def _run(self) -> None:
        try:
            self._instance = self._start()
        except Exception as error:
            self._failure = error
        finally:
            self._done.set()

    def _start(self) -> Instance[Any]:
        instances = {service: self._needed(need) for service, need in self.needs.items()}
        recipe = self.service.connected(self._placed(self.choice.recipe), instances)
        if self.choice.in_process or not self.choice.provider.shares:
            return self._start_apart(recipe)
        registry = registry_of(self.settings)
        self.key = self._key()
        claim = Claim(registry, self.key, self._about(), self._reuse())
        claim.take(self._cancelled.is_set)
        try:
            return self._join(recipe, claim) or self._start_shared(recipe, claim)
        except BaseException as error:
            after(error, claim.release)
            raise

    def _needed(self, need: Start) -> Instance[Any]:
        """Wait for what has to run before.

        Raises:
            StartError: It failed; with its failure.
        """
        try:
            return need.wait()
        except Exception as error:
            raise StartError(
                f"{self.service.label} was not started: "
                f"it needs {need.service.label}, which failed",
                detail=str(error),
                hint="mend that one first",
            ) from error

    def _placed(self, recipe: Recipe) -> Recipe:
        if not isinstance(recipe, ContainerRecipe):
            return recipe
        recipe = dataclasses.replace(recipe, steady=bool(self.private))
        if self.network is None:
            return recipe
        return dataclasses.replace(recipe, network=self.network, alias=self.service.alias)

    def _start_apart(self, recipe: Recipe) -> Instance[Any]:
        running = self.choice.provider.start(recipe, self.settings, None)
        try:
            self._await(running)
            return self._open(running)
        except BaseException as error:
            after(error, running.stop)
            raise

    def _join(self, recipe: Recipe, claim: Claim) -> Instance[Any] | None:
        """Return an instance that another process has started; None if there is none that lives.

        Raises:
            StartError: It does not answer, and others use it.
        """
        if claim.record is None:
            return None
        running = self.choice.provider.attach(recipe, self.settings, claim)
        try:
            if not self._answers(running, claim):
                running.detach()
                return None
            claim.attached()
            return self._open(running)
        except BaseException:
            running.stop()
            raise

    def _answers(self, running: Running, claim: Claim) -> bool:
        """Tell whether what we have found lives; if not, it is ours alone.

        Raises:
            StartError: It does not answer, and others use it.
        """
        try:
            self._knock(running)
        except StartError as error:
            if claim.is_shared():
                error.what += f"; it is used by {claim.others()}"
                raise
            return False
        return True

    def _start_shared(self, recipe: Recipe, claim: Claim) -> Instance[Any]:
        claim.begin()
        running = self.choice.provider.start(recipe, self.settings, claim)
        give_up = running.stop
        try:
            self._await(running)
            instance = self._open(running)
            give_up = instance.close
            claim.publish(**{**running.record(), "endpoint": dataclasses.asdict(instance.endpoint)})
        except BaseException as error:
            after(error, give_up)
            raise
        return instance

    def _knock(self, running: Running) -> None:
        """Return when a server that should be ready answers, at the first try if it is."""
        self.service.preload()
        try:
            self.service.probe(running, ATTACH_TIMEOUT)
        except HarnessError:
            raise
        except Exception:  # dead, or just busy: the wait tells which
            self._await(running, ATTACH_TIMEOUT)

    def _await(self, running: Running, within: float | None = None) -> None:
        self.service.preload()  # while the server gets ready
        wait_until_ready(
            running,
            self.service.probe,
            what=self._what,
            within=within or self.choice.provider.patience or self.settings.start_timeout,
            cancelled=self._cancelled.is_set,
        )

    def _open(self, running: Running) -> Instance[Any]:
        instance = self.service.open(self.choice.provider.name, running, self.settings)
        instance.await_ready = lambda: self._await(running)
        instance.exclusive = bool(self.private) and self.service.exclusive
        if running.inside is not None:
            instance.capabilities |= {"network.alias"}
        return instance

    @property
    def _what(self) -> str:
        return f"{self.service.kind} on {self.choice.provider.name}"

    def _key(self) -> str:
        """Return what tells the instance from all others of this user and machine."""
        provider = self.choice.provider
        parts = (
            self.service.kind,
            self.service.instance_key(),
            provider.name,
            provider.place(self.settings),
            self.choice.description,
            self.service.alias if self.network else None,
            self.network,
            self.private,
            tuple(need.identity for need in self.needs.values()),
        )
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @property
    def identity(self) -> str:
        """What tells this very instance from every other, for those that need it."""
        return f"{self.key}-{self.wait().identity}"

    def _about(self) -> dict[str, str]:
        return {
            "service": self.service.kind,
            "provider": self.choice.provider.name,
            "description": self.choice.description,
        }

    def _reuse(self) -> float:
        """Return for how many seconds the instance is kept when nobody holds it."""
        kept = self.settings.reuse and not self.settings.in_ci and not self.private
        return self.settings.reuse_ttl if kept else 0.0

    def wait(self) -> Instance[Any]:
        """Return the instance once it is ready.

        Raises:
            StartError: It could not be started.
        """
        self._done.wait()
        if self._failure is not None:
            raise again(self._failure)
        if self._instance is None:
            raise StartError(f"the start of {self.service.label} was interrupted")
        return self._instance

    @property
    def ready(self) -> Instance[Any] | None:
        """The instance, if it is ready by now."""
        return self._instance

    def made(self, instance: Instance[Any]) -> bool:
        """Tell whether an instance is the one that this start has brought up."""
        return self._instance is instance

    def check_alive(self) -> None:
        """Do nothing unless the instance was ready once, and has ended.

        Raises:
            ServiceDiedError: It has; with its exit state and the end of its log.
        """
        if self._instance is not None:
            self._instance.check_alive(settle=0)

    def close(self) -> None:
        """Give it up: at once if it is still starting, else by its own clean-ups."""
        self._cancelled.set()
        if self._begun and not self._done.wait(CANCEL_TIMEOUT):
            raise StartError(
                f"the start of {self.service.label} did not end within {CANCEL_TIMEOUT:g} s",
                cause="it was cancelled in the middle, perhaps while pulling an image",
                hint="`harness clean` removes what it may have left",
            )
        if self._instance is not None:
            self._instance.close()


def after(error: BaseException, release: Callable[[], None]) -> None:
    """Give up what was made before an error, which must not be hidden by a second one."""
    try:
        release()
    except Exception as second:
        error.add_note(f"what was made could not be removed either: {second}")
