"""What people and scorers prefer, as pairs of takes, and how a twin learns from it."""
