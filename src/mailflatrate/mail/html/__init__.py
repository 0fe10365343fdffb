"""Turns customer content into the HTML a mail client can show; `mail.content.campaign` runs the steps in order."""
