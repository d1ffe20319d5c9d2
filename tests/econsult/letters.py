"""E-mails as a mail server hands them over, made by code."""

from __future__ import annotations

from email.message import EmailMessage

PHOTO = b"\xff\xd8\xff\xe0 ZQ7PHI pixels" * 500
WORDS = "Fwd: rash ZQ7PHI\n\nRed patches on both elbows since August."


def letter(
    sender: str = "pcp@clinic.test",
    *,
    name: str = "1@phone.test",
    text: str = WORDS,
    files: tuple[tuple[str, str, bytes], ...] = (("IMG_1.jpg", "image/jpeg", PHOTO),),
) -> bytes:
    """One message: `files` are names, types and bytes."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "ask@program.test", "Elbows"
    message["Message-ID"] = f"<{name}>"
    message.set_content(text)
    for file, media_type, data in files:
        main, _, sub = media_type.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=file)
    return message.as_bytes()
