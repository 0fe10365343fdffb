"""The settings as a table: `docs/settings.md`, printed by `mailflatrate settings`."""

from mailflatrate.settings.schema import FILE_SUFFIX, SECRETS, Settings, environment_name


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    own = [field for field in Settings.__annotations__ if field in Settings.model_fields]
    for field in dict.fromkeys([*own, *Settings.model_fields]):
        info = Settings.model_fields[field]
        default = "" if info.default is None else str(info.default)
        name = f"`{environment_name(field)}`" + (
            f" or `{environment_name(field)}{FILE_SUFFIX}`" if field in SECRETS else ""
        )
        rows.append(f"| {name} | `{default}` | {info.description} |")
    return "\n".join(rows)
