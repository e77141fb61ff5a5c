<<<<<<< HEAD
"""Mixing: the desk, and what is handed over to workstations."""
=======
"""Mixing: a typed desk, the Faust it is written as, the engine that plays it, and rules that set it."""
>>>>>>> main
