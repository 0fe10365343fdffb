"""What every app stands on: tenancy, jobs, clock, ids. A closed list: more needs an ADR."""
