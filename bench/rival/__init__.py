"""The kind of service the bank had: FastAPI, SQLAlchemy and pandas, as people write it. Only ever measured."""
