"""SQLite, in this process: its databases are files that tests share with nobody."""
