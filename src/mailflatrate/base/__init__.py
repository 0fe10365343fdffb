"""What every app stands on: tenancy, jobs, audit, clock, ids. A closed list: more needs an ADR."""
