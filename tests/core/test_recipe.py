"""What a service tells a provider never shows a password."""

import signal
import unittest

from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, ContainerRecipe, Launch

LOGIN = Endpoint("", 0, user="me", password="secret")
VARIABLES = {"PASSWORD": "secret"}


class RecipeTest(unittest.TestCase):
    def test_a_container_does_not_show_its_environment(self):
        recipe = ContainerRecipe("postgres", 5432, LOGIN, environment=VARIABLES)

        self.assertNotIn("secret", repr(recipe))

    def test_a_launch_does_not_show_its_environment(self):
        launch = Launch(("server",), LOGIN, "Server 1", Account(), signal.SIGTERM, VARIABLES)

        self.assertNotIn("secret", repr(launch))
