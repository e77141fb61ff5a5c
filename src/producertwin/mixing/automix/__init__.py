"""Automatic mixing: rules that set a desk from measured stems, their roles, a style and a person's words, and say why."""
