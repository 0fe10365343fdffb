"""The foundation of every app: tenancy, jobs, audit, clock, ids. A closed list: more needs an ADR."""
