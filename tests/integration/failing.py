"""Code under test of which statements fail: an account that is paid from, with retries."""

from harness.services.postgres.connect import sqlstate

AGAIN = ("40001", "40P01")  # what a database asks to try again


def make_accounts(db):
    db.execute("create table accounts (id int primary key, balance int not null)")
    db.execute("create table paid (id serial primary key, account int, amount int)")
    db.execute("insert into accounts values (1, 100)")


def pay(connection, amount, tries=1):
    """Pay from the account, and try again as often as is allowed; return how often it tried."""
    for count in range(1, tries + 1):
        try:
            cursor = connection.cursor()
            cursor.execute("select balance from accounts where id = %s", [1])
            cursor.fetchone()
            cursor.execute("update accounts set balance = balance - %s where id = 1", [amount])
            cursor.execute("insert into paid (account, amount) values (1, %s)", [amount])
            connection.commit()
        except Exception as error:
            connection.rollback()
            if sqlstate(error) not in AGAIN or count == tries:
                raise
        else:
            return count
    raise AssertionError("tried never")
