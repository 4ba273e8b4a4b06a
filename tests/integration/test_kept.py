"""Services that are started for others: what all share is made, and nothing for this process."""

from harness import Environment, Postgres, Redis
from tests.integration.providers import on_every_provider
from tests.integration.test_migrations import Files


@on_every_provider
class KeptConformance(Files):
    db = Postgres()

    def test_what_all_processes_need_is_there_and_no_more(self):
        migrations = self.directory(_1="create table kept (id integer)")
        service = Postgres(migrations=migrations, isolation="commit")
        with Environment(self.environment.settings) as keeper:
            keeper.keep(service)
            instance = keeper.instance(service)
            template = instance.template(service).name
            self.assertEqual(set(), instance._made)
            with Environment(self.environment.settings) as user, user.lease(service) as db:
                self.assertEqual(template, db.instance.template(service).name)
                self.assertEqual(0, db.count("kept"))

    def test_of_scarce_numbered_databases_none_is_taken(self):
        with Environment(self.environment.settings) as keeper:
            keeper.keep(Redis())
            self.assertEqual([], keeper.instance(Redis())._databases)
