"""From a notice to an e-mail, by whatever backend Django is told to use."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from config.alerts import links
from stores.models import AlertRecipient, Notice


def send(notice: Notice, recipient: AlertRecipient) -> None:
    """Send it. Raises what the backend raises: OSError, SMTPException, or errors of a mail service."""
    mail = EmailMultiAlternatives(
        notice.subject,
        notice.text,
        settings.DEFAULT_FROM_EMAIL,
        [recipient.address],
        headers=headers(notice, recipient),
    )
    mail.attach_alternative(notice.html, "text/html")
    mail.send()


def headers(notice: Notice, recipient: AlertRecipient) -> dict[str, str]:
    """Return the headers by which mail programs group and end our mails, and robots do not answer them.

    Source: RFC 8058 (one-click unsubscribe), RFC 3834 (automatic mails). The Message-ID is the same with every attempt.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return {
        "Message-ID": f"<{notice.key}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{links.unsubscribe_url(recipient)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
