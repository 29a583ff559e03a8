"""How a case is kept: the only SQLAlchemy, Alembic and field encryption."""
