"""The database: models, engine, migrations."""
