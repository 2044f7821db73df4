"""Django's backend for SQLite, with writers that wait less for one another."""
