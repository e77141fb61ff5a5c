"""ACE-Step's 5 Hz planner: language models that choose metas, write captions and lyrics, and lay down audio codes."""
