"""The house band: a seeded composer and synthesiser that plays for nano, the tutorial and the tests."""
