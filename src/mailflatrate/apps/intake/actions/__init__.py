"""Every write about origins, imports and moves. `origin_decisions` opens the platform's scope."""
