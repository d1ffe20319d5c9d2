"""Text messages: the shortest fixed words, in letters that fit 160 to a message, without health data.

The alphabet of text messages (GSM 03.38) has no á, í, ó, ú. One such letter makes a message of 70 signs out of one of
160, so the Spanish here takes words without them. What is not listed here says
what its letter says.
"""

from __future__ import annotations

from econsult.family_notices import FAMILY, TOLD, said_to
from econsult.notices import NoticeKind

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€\f")
"""Signs that take the room of two."""
FALLBACK = "en"
SPANISH = {
    NoticeKind.RECEIVED: "Recibimos su solicitud. Entre para ver la hora de la respuesta.",
    NoticeKind.NEW_REQUEST: "Tiene una solicitud nueva. Entre para verla.",
    NoticeKind.CLINIC_ASKED: "Su doctor hizo una pregunta a un especialista. Entre para ver la hora de la respuesta.",
    NoticeKind.SENT_ON: "Su solicitud sigue adelante. Entre para ver la hora de la respuesta.",
    NoticeKind.MORE_NEEDED: "Nos falta una cosa de usted. Por favor entre.",
    NoticeKind.LESS_NEEDED: "Ya no necesitamos todo lo que le pedimos. Entre para ver lo que falta.",
    NoticeKind.MESSAGE: "Tiene un mensaje nuevo. Entre para leerlo.",
    NoticeKind.ANSWERED: "Tiene una respuesta nueva. Entre para leerla.",
    NoticeKind.CORRECTED: "Una respuesta fue corregida. Entre y lea la nueva: la anterior ya no vale.",
    NoticeKind.CORRECTED_NOW: "Una respuesta urgente fue corregida. Entre ahora para leerla. La anterior ya no vale.",
    NoticeKind.DECLINED: "No pudimos responder su solicitud. Entre para ver lo que puede hacer ahora.",
    NoticeKind.OVERDUE: "Una solicitud lleva retraso. Entre para verla.",
    NoticeKind.LATE: "Nos hemos retrasado y lo sentimos. Si empeora, llame a su programa.",
    NoticeKind.READ_NOW: "Tiene una respuesta urgente. Entre de inmediato y tenga cerca su celular: le vamos a llamar.",
    NoticeKind.CALL_NOW: "Hay que llamar ahora a una familia. Entre para ver el caso y anote la llamada.",
    NoticeKind.CALL_LATE: "Falta hablar con una familia que se iba a llamar de inmediato. Entre y vea que se haga.",
    NoticeKind.EMERGENCY: "Una solicitud fue detenida y la familia fue enviada a urgencias. Entre para verla.",
    NoticeKind.DANGER_WORDS: "Alguien debe leer ahora lo que escribe una familia. Entre, lea y haga lo necesario.",
    NoticeKind.WITHDRAWN: "Una solicitud fue retirada. Entre para verla.",
    NoticeKind.REMINDER: "Una solicitud espera respuesta. Entre para ver el plazo.",
    NoticeKind.AT_RISK: "Una solicitud puede retrasarse pronto. Entre para verla.",
    NoticeKind.NO_COVER: "De quienes tienen turno, nadie puede tomar una solicitud. Entre para buscar a alguien.",
    NoticeKind.UNTAKEN: "Una solicitud espera que alguien la tome. Entre para verla.",
    NoticeKind.UNALLOCATED: "Nadie puede tomar una solicitud. Entre para elegir a alguien.",
    NoticeKind.RETURNED: "Una solicitud regresa al grupo porque nadie la trabajaba. Entre para verla.",
    NoticeKind.HANDED_OVER: "Una solicitud pasa a otra persona. Entre para verla.",
    NoticeKind.LET_GO: "Una solicitud regresa al grupo: su especialista no puede responderla. Entre para verla.",
    NoticeKind.NO_LONGER_YOURS: "Usted no puede responder una solicitud y la recibe otra persona. Su texto se guarda.",
    NoticeKind.RAISED: "Una solicitud ahora es urgente. Entre para verla.",
    NoticeKind.STILL_NEEDED: "Nos sigue faltando una cosa de usted. Por favor entre.",
    NoticeKind.SWAP_ANSWERED: "Alguien responde sobre un turno que usted le ha ofrecido. Entre para verlo.",
    NoticeKind.DUTY_CHANGED: "Sus turnos o su ausencia han cambiado. Entre para ver sus turnos.",
    NoticeKind.SIGN_IN_NEW: "Alguien entra en su cuenta desde otro navegador. Si no fue usted, llame a su programa.",
    NoticeKind.SIGN_IN_CHANGED: "Su clave o su segundo paso ha cambiado. Si no fue usted, llame a su programa.",
    NoticeKind.NAME_OPENED: "Alguien abre el nombre de un menor durante una hora. Entre para ver el motivo.",
    NoticeKind.STAFF_OPENED: "Quien administra abre una cuenta del personal o da su enlace. Entre para verla.",
    NoticeKind.STAFF_ASK: "Quien administra abre una cuenta del personal o da su enlace. Pregunte de quién es.",
    NoticeKind.STAFF_CHANGED: "Se cierra o reabre una cuenta del personal o el turno queda solo. Pregunte por qué.",
    NoticeKind.DESK_INHERITED: "No hay nadie del equipo coordinador: quien lo cubre lee nombres. Pregunte el motivo.",
    NoticeKind.NAMES_RULE: "Un colega elige quién abre los nombres de los menores. Entre para ver lo que vale ahora.",
    NoticeKind.NAMES_ASK: "Alguien elige quién abre los nombres de los menores. Pregunte a quien cuida la privacidad.",
    NoticeKind.CONSENT_WITHDRAWN: "Una familia retira su permiso y sus archivos se sellan. Entre para ver el caso.",
    NoticeKind.REVIEW_DUE: "Un nombre abierto como caso aparte espera que usted lo revise. Entre para verlo.",
    NoticeKind.REVIEW_ASK: "Un nombre abierto como caso aparte espera, y nadie cuida la privacidad. Nombre a alguien.",
    NoticeKind.RIGHT_ENDS: "Pronto cambia lo que usted puede ver o preguntar. Entre para ver la fecha y sus opciones.",
    NoticeKind.OUTCOME_ASKED: "Queremos saber de ustedes tras la respuesta. Entre para contarnos: toma un minuto.",
    NoticeKind.OUTCOME_CLINIC: "Se pregunta por una respuesta de hace semanas. Entre para responder con tres toques.",
    NoticeKind.OUTCOME_DESK: "Hay que preguntar a una familia sin cuenta por la respuesta. Entre y llame.",
    NoticeKind.OUTCOME_WORSE: "Una familia avisa que empeora. Entre y llame a la familia.",
    NoticeKind.STEP_OPEN: "Falta algo de su lista. Entre para verlo.",
    NoticeKind.SIDE_REPLIED: "Un colega ha respondido lo que usted le pregunta. Entre para leerlo.",
    NoticeKind.ERASURE_ASKED: "Alguien pide que se borre un expediente. Entre para verlo o deshacerlo.",
    NoticeKind.ERASURE_ASK: "Alguien pide que se borre un expediente. Pregunte el motivo: se puede deshacer hoy.",
    NoticeKind.STANDS_IN: "Nadie del equipo coordinador tiene turno: le toca a usted. Entre para ver lo que espera.",
    NoticeKind.NOBODY_READS: "Nadie de un equipo puede leer lo que se le ha escrito. Entre para ver el caso y llame.",
    NoticeKind.NUMBER_WRONG: "Un contacto no sirve para hablar con una familia. Entre para ver el caso.",
    NoticeKind.CHILD_DIED: "Ha fallecido un menor de su programa. Entre para ver el caso. No llame a la familia.",
    NoticeKind.DEATH_TAKEN_BACK: "Fue un error: un menor marcado como fallecido vive. Entre para ver el caso.",
    NoticeKind.SIDE_MOVED: "Lo que usted pregunta a un colega cambia de manos o se retira. Entre para verlo.",
    NoticeKind.ACCOUNT_OPENED: "Su programa le ha abierto una cuenta. Pida un enlace para entrar, con su correo.",
    NoticeKind.MAIL_CAME: "Algo llega por correo en nombre de usted. Entre para verlo: conserve o tire lo que llega.",
    NoticeKind.CONTACT_CHANGED: "Su celular para estos mensajes ha cambiado. Si no fue usted, llame a su programa.",
}
SHORT: dict[str, dict[NoticeKind, str]] = {"es": SPANISH}
CODES = {
    "en": "{code} is your eConsult code. It works for 10 minutes. To end our messages, answer STOP.",
    "es": "{code} es su clave de eConsult. Sirve 10 minutos. Para no recibir mensajes, responda ALTO.",
}
READING_CODES = {
    "en": "{code} is your code to read an answer on eConsult. It works for 10 minutes. You did not ask? Tell nobody.",
    "es": "{code} es su clave para leer una respuesta en eConsult. Sirve 10 minutos. Si no la pide usted, no la diga.",
}
"""The same words by text message and by letter."""
READING_SUBJECTS = {"en": "eConsult: your code", "es": "eConsult: su clave"}


def short_text(kind: str, language: str, base_url: str, *, is_family: bool) -> str:
    """The words of a notice and the way to the front door, in the reader's language, or else in English."""
    words = said_to(kind, is_family=is_family)
    # What a family is told in words of its own is short by itself; else the letter's words have short ones beside them.
    if not is_family or kind not in FAMILY:
        known = NoticeKind.MESSAGE if is_family and kind not in TOLD else NoticeKind(kind)
        words = words | {code: said[known] for code, said in SHORT.items() if known in said}
    return f"{words.get(language) or words[FALLBACK]} {base_url}/"


def code_text(code: str, language: str) -> str:
    """The message with the code by which somebody shows that a number is theirs."""
    return CODES.get(language, CODES[FALLBACK]).format(code=code)


INVITATIONS = {
    "en": "To send photos and a question to your child's clinic, open this link on your phone. It works for a week: "
    "{link} Emergency: call 911.",
    "es": "Para mandar fotos y una pregunta a quien atiende a su menor, abra este enlace en su celular. Sirve una "
    "semana: {link} Emergencia: llame al 911.",
}


def invitation_text(link: str, language: str) -> str:
    """The message that brings an invitation; it names nobody."""
    return INVITATIONS.get(language, INVITATIONS[FALLBACK]).format(link=link)


def reading_code_text(code: str, language: str) -> str:
    """The message with the code by which a family without an account reads an answer."""
    return READING_CODES.get(language, READING_CODES[FALLBACK]).format(code=code)


def reading_code_letter(code: str, language: str) -> tuple[str, str]:
    """Subject and text of the same by e-mail."""
    subject = READING_SUBJECTS.get(language, READING_SUBJECTS[FALLBACK])
    return subject, f"{reading_code_text(code, language)}\n"


def parts(text: str) -> int:
    """How many messages a text makes on the way: one of 160 signs, or of 70 where a letter is not in the alphabet."""
    if set(text) <= ALPHABET | DOUBLE:
        length, alone, joined = len(text) + sum(sign in DOUBLE for sign in text), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // joined)
