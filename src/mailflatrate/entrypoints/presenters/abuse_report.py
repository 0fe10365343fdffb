"""A report about a message by anyone, without an account: the fields it needs, and how many are accepted (R-83)."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.actions.intake import PageReport, ReportMatch
from mailflatrate.apps.abuse.models import Complaint
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import counter_key, network_of, this_hour
from mailflatrate.apps.inbound.untrusted_mail import mail_in_file
from mailflatrate.base import clock, tenancy
from mailflatrate.base.child import ChildBusy, ChildError
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.outlook import is_outlook
from mailflatrate.rules.limits import value as limit

LARGEST_FILE_OCTETS = 5 * 1024 * 1024
MOST_PASTED = 200_000
COUNTED_FOR = timedelta(hours=3)
NEEDS_NOTICE = (Complaint.ILLEGAL.value, Complaint.FALSE_SENDER.value)
# Pictures and PDF files, by their first bytes: screenshots of a mail on a phone.
_PICTURES = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|%PDF|RIFF....WEBP|....ftyp(?:heic|heix|mif1|avif)", re.S)


class ReportForm(forms.Form):
    """A visitor's report about a message. Illegal content requires the fields of DSA Art. 16."""

    about = forms.CharField(
        label=gettext_lazy("Mailing ID or email headers"),
        max_length=MOST_PASTED,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("You'll find the mailing ID at the bottom of the email, for example 4K7Q-92XD-8."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or the email as a file"),
        required=False,
        help_text=gettext_lazy(
            "Drag it here or choose a file: .eml or .msg, up to 5 MB. With the file, we can stop this sender's "
            "emails immediately."
        ),
    )
    complaint = forms.ChoiceField(label=gettext_lazy("What's wrong"), choices=Complaint.choices)
    text = forms.CharField(
        label=gettext_lazy("In your own words"), max_length=8000, required=False, widget=forms.Textarea({"rows": 3})
    )
    reporter = forms.EmailField(
        label=gettext_lazy("Your email address"),
        required=False,
        help_text=gettext_lazy("So we can reply. We never tell the sender who complained."),
    )
    reporter_name = forms.CharField(label=gettext_lazy("Your name"), max_length=120, required=False)
    good_faith = forms.BooleanField(
        label=gettext_lazy("I believe in good faith that the information I have provided is accurate and complete."),
        required=False,
    )
    anyway = forms.BooleanField(
        label=gettext_lazy("Review this anyway, even though no matching email was found."), required=False
    )

    def clean_file(self) -> bytes:
        upload = self.cleaned_data.get("file")
        if not upload:
            return b""
        if upload.size > LARGEST_FILE_OCTETS:
            raise forms.ValidationError(_("This file is larger than 5 MB. Paste the email headers instead."))
        content: bytes = upload.read()
        return content

    def read_file(self) -> bool:
        """Convert Outlook's format to a standard message. Return False on failure, which the form then reports."""
        content: bytes = self.cleaned_data["file"]
        if not is_outlook(content):
            return True
        try:
            read = mail_in_file(content)
        except ChildBusy:
            self.add_error("file", busy())
            return False
        except ChildError:
            read = None
        if read is None:
            self.add_error("file", _("We can't find an email in this file. Paste the email headers instead."))
            return False
        self.cleaned_data["file"] = read
        return True

    def clean(self) -> dict[str, Any]:
        """Require something that names the campaign. A notice of illegal content must be complete (DSA Art. 16(2))."""
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("about", "").strip() or data.get("file")) and "file" not in self.errors:
            self.add_error("about", _("Enter the mailing ID, paste the email headers or choose a file."))
        if data.get("complaint") in NEEDS_NOTICE and "who" not in self.data:
            for name in ("text", "reporter", "reporter_name", "good_faith"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Required when you report illegal content or a forged sender."))
        return data

    def keep_file(self) -> None:
        """Copy the chosen file into the text field: browsers clear a file field when a form is shown again."""
        content: bytes = self.cleaned_data.get("file") or b""
        if content and not is_picture(content) and not is_outlook(content):
            text = content.decode("utf-8", "replace").replace("\0", "")
            whole = dict(self.data.items())
            whole["about"] = text if len(text) <= MOST_PASTED else _header_lines(text)[:MOST_PASTED]
            self.data = whole
            self["file"].help_text = _(
                "We've read your file and pasted its contents above. You don't need to choose it again."
            )

    def goes_anyway(self) -> bool:
        """Return whether to file a report that names no campaign: a person was asked for, or the law requires it."""
        return bool(self.cleaned_data["anyway"]) or self.cleaned_data["complaint"] in NEEDS_NOTICE

    def raw(self) -> bytes:
        """Return the part of the report that names the campaign, as bytes."""
        content: bytes = self.cleaned_data["file"] or self.cleaned_data["about"].encode()
        return content


def _header_lines(mail: str) -> str:
    return re.split(r"\r?\n\r?\n", mail, maxsplit=1)[0]


def busy() -> str:
    return _("We're busy processing other reports. Send it again in a minute.")


def within_limits(ip: str | None, *, task_key: bytes | None, proved: bool) -> bool:
    """Count a report; `proved`: by the browser's work or the message's token; the work `task_key` counts once."""
    now = clock.now()
    network, hour = network_of(ip), this_hour(now)
    limits = {counter_key("reports", network, hour): "reports_per_network_hour"} if network else {}
    if not proved:
        limits[counter_key("reports unproven", "all", hour)] = "reports_unproven_per_hour"
        if network:
            limits[counter_key("reports unproven", network, hour)] = "reports_unproven_per_network_hour"
    seen = count([*limits, *([task_key] if task_key else [])], now + COUNTED_FOR)
    used_before = task_key is not None and seen[task_key] > 1
    return not used_before and all(seen[key] <= limit(name) for key, name in limits.items())


def given_of(form: ReportForm, ip: str | None, language: str) -> PageReport:
    data = form.cleaned_data
    notice: dict[str, Any] = {}
    if data["complaint"] in NEEDS_NOTICE:
        notice = {"explanation": data["text"], "location": data["about"][:500], "good_faith": data["good_faith"]}
    return PageReport(
        raw=form.raw(), complaint=data["complaint"], text=data["text"], reporter=data["reporter"],
        reporter_name=data["reporter_name"], language=language, ip=ip, notice=notice,
        stop=True,
    )  # fmt: skip


def sender_of(match: ReportMatch) -> str:
    """Return the name of the sender, and nothing else about the account."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        account = Account.objects.filter(id=match.account_id or 0).first()
        return account.name if account else ""


def is_picture(raw: bytes) -> bool:
    return _PICTURES.match(raw) is not None
