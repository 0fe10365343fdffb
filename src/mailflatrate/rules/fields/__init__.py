"""Custom fields of contacts: a type is one class in `types/`, which reads, checks, proposes and shows its values."""
