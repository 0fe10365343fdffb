"""The types of custom fields: each module is one type, its `TYPE`. `values.FIELD_TYPES` loads them all."""
