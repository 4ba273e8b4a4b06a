"""The alert repository, tested against a real PostgreSQL.

Every test starts from the migrated database, and everything it writes is undone at its end, though
the repository commits. Read it from the top: it is meant as a first lesson.
"""

from decimal import Decimal

from alerts import AlertRepository, DuplicateAlertError

from harness import HarnessTestCase, Postgres


class AlertRepositoryTest(HarnessTestCase):
    # On the class this only says what the tests need. In a test, `self.db` is that test's own
    # database, taken when the test first touches it.
    db = Postgres(migrations="migrations")

    def setUp(self):
        self.user = self.db.value(
            "insert into users (email) values (%s) returning id", ["ada@example.com"]
        )
        self.alerts = AlertRepository(self.db.connection)

    def test_a_created_alert_is_active_and_can_be_found(self):
        alert = self.alerts.create(self.user, "BTC", "above", Decimal("50000.50"))

        self.assertEqual("active", alert.status)
        self.assertEqual(alert, self.alerts.find(alert.id))

    def test_several_alerts_are_stored(self):
        self.alerts.create(self.user, "BTC", "above", Decimal(50000))
        self.alerts.create(self.user, "ETH", "below", Decimal(2000))
        self.alerts.create(self.user, "BNB", "above", Decimal(500))

        self.assertEqual(3, self.db.count("alerts"))

    def test_an_alert_that_does_not_exist_is_not_found(self):
        self.assertIsNone(self.alerts.find(9999))

    def test_nobody_can_delete_the_alert_of_somebody_else(self):
        alert = self.alerts.create(self.user, "BTC", "above", Decimal(50000))

        self.assertFalse(self.alerts.delete(alert.id, user_id=self.user + 1))
        self.assertEqual(1, self.db.count("alerts"))

    def test_the_owner_can_delete_an_alert(self):
        alert = self.alerts.create(self.user, "BTC", "above", Decimal(50000))

        self.assertTrue(self.alerts.delete(alert.id, user_id=self.user))
        self.assertIsNone(self.alerts.find(alert.id))

    def test_deleting_a_user_deletes_the_alerts(self):
        self.alerts.create(self.user, "BTC", "above", Decimal(50000))

        self.db.execute("delete from users where id = %s", [self.user])

        self.assertEqual(0, self.db.count("alerts"))

    def test_the_same_alert_twice_is_refused_and_the_first_one_stays(self):
        first = self.alerts.create(self.user, "BTC", "above", Decimal(50000))

        with self.assertRaises(DuplicateAlertError):
            self.alerts.create(self.user, "BTC", "above", Decimal(50000))

        self.assertEqual(first, self.alerts.find(first.id))
        self.assertEqual(1, self.db.count("alerts"))

    def test_an_alert_needs_a_token_that_is_listed(self):
        with self.assertRaisesRegex(Exception, "alerts_symbol_fkey"):
            self.alerts.create(self.user, "DOGE", "above", Decimal(1))
