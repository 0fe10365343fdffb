"""The gate: loads facts, runs the rules, stores every verdict, and is the only issuer of permits."""
