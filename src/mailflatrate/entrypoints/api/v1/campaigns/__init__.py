"""Operations on campaigns, their content and material, their release and report, automations and messages."""
