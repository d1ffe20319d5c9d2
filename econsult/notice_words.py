"""What people are told, in fixed words without health data: one sentence for each kind, in each language."""

from __future__ import annotations

from econsult.notice_after import AFTER
from econsult.notice_kinds import NoticeKind

TEXTS: dict[NoticeKind, dict[str, str]] = {
    **AFTER,
    NoticeKind.RECEIVED: {
        "en": "We got your request. Sign in to see when we will answer.",
        "es": "Recibimos su solicitud. Entre para ver cuándo le responderemos.",
    },
    NoticeKind.NEW_REQUEST: {
        "en": "A new request waits for you. Sign in to see it.",
        "es": "Una solicitud nueva le espera. Entre para verla.",
    },
    NoticeKind.SENT_ON: {
        "en": "Your clinic asked a children's specialist. Sign in to see when we will answer.",
        "es": "Su clínica preguntó a un especialista en niños. Entre para ver cuándo le responderemos.",
    },
    NoticeKind.CLINIC_ASKED: {
        "en": "Your clinic asked a children's specialist. Sign in to see when the answer comes.",
        "es": "Su clínica preguntó a un especialista en niños. Entre para ver cuándo llega la respuesta.",
    },
    NoticeKind.MORE_NEEDED: {
        "en": "We need one more thing from you. Please sign in.",
        "es": "Necesitamos una cosa más. Por favor entre.",
    },
    NoticeKind.LESS_NEEDED: {
        "en": "We no longer need all that we asked you for. Sign in to see what is left.",
        "es": "Ya no necesitamos todo lo que le pedimos. Entre para ver lo que falta.",
    },
    NoticeKind.MESSAGE: {
        "en": "You have a new message. Sign in to read it.",
        "es": "Tiene un mensaje nuevo. Entre para leerlo.",
    },
    NoticeKind.ANSWERED: {
        "en": "You have a new answer. Sign in to read it.",
        "es": "Tiene una respuesta nueva. Entre para leerla.",
    },
    NoticeKind.CORRECTED: {
        "en": "An answer was corrected. Sign in and read the new one: the one before does not hold any more.",
        "es": "Una respuesta fue corregida. Entre y lea la nueva: la anterior ya no vale.",
    },
    NoticeKind.CORRECTED_NOW: {
        "en": "An urgent answer was corrected. Sign in now and read it. The one before does not hold any more.",
        "es": "Una respuesta urgente fue corregida. Entre ahora y léala. La anterior ya no vale.",
    },
    NoticeKind.DECLINED: {
        "en": "We could not answer a request here. Sign in to see what to do now.",
        "es": "No pudimos responder una solicitud aquí. Entre para ver qué hacer ahora.",
    },
    NoticeKind.OVERDUE: {
        "en": "A request is overdue. Sign in to see it.",
        "es": "Una solicitud está atrasada. Entre para verla.",
    },
    NoticeKind.LATE: {
        "en": "We are late with our answer, and we are sorry. We have not forgotten you. If it gets worse, call us.",
        "es": "Nos atrasamos con la respuesta y lo sentimos. No le hemos olvidado. Si empeora, llámenos.",
    },
    NoticeKind.READ_NOW: {
        "en": "You have an answer to read now. Please sign in at once and keep your telephone near: we will call you.",
        "es": "Tiene una respuesta que debe leer ahora. Entre de inmediato y tenga el teléfono cerca: le llamaremos.",
    },
    NoticeKind.CALL_NOW: {
        "en": "A family must be telephoned now. Sign in to see whom, and write down that you called.",
        "es": "Hay que llamar ahora a una familia. Entre para ver a quién y anote que llamó.",
    },
    NoticeKind.CALL_LATE: {
        "en": "A family that had to be telephoned at once has not been reached yet. Sign in and see that it is done.",
        "es": "Aún no se habló con una familia a la que había que llamar de inmediato. Entre y asegure que se haga.",
    },
    NoticeKind.EMERGENCY: {
        "en": "A request was stopped and the family was sent to emergency care. Sign in to see it.",
        "es": "Se detuvo una solicitud y se envió a la familia a urgencias. Entre para verla.",
    },
    NoticeKind.DANGER_WORDS: {
        "en": "What a family wrote must be read by a person now. Sign in, read it and act.",
        "es": "Alguien debe leer ahora lo que escribió una familia. Entre, léalo y actúe.",
    },
    NoticeKind.WITHDRAWN: {
        "en": "A request was taken back. Sign in to see it.",
        "es": "Se retiró una solicitud. Entre para verla.",
    },
    NoticeKind.REMINDER: {
        "en": "A request waits for an answer. Sign in to see by when.",
        "es": "Una solicitud espera respuesta. Entre para ver hasta cuándo.",
    },
    NoticeKind.AT_RISK: {
        "en": "A request may soon be late. Sign in to see it.",
        "es": "Una solicitud puede atrasarse pronto. Entre para verla.",
    },
    NoticeKind.NO_COVER: {
        "en": "Nobody who is there can take a request. Sign in to find somebody.",
        "es": "De quienes están ahora, nadie puede tomar una solicitud. Entre para buscar a alguien.",
    },
    NoticeKind.UNTAKEN: {
        "en": "A request waits for somebody to take it. Sign in to see it.",
        "es": "Una solicitud espera que alguien la tome. Entre para verla.",
    },
    NoticeKind.UNALLOCATED: {
        "en": "Nobody can take a request. Sign in to decide who does.",
        "es": "Nadie puede tomar una solicitud. Entre para decidir quién.",
    },
    NoticeKind.RETURNED: {
        "en": "A request went back to the pool because nobody worked on it. Sign in to see it.",
        "es": "Una solicitud volvió al grupo porque nadie trabajó en ella. Entre para verla.",
    },
    NoticeKind.HANDED_OVER: {
        "en": "A request changed hands. Sign in to see who has it now.",
        "es": "Una solicitud cambió de manos. Entre para ver quién la tiene ahora.",
    },
    NoticeKind.LET_GO: {
        "en": "A request went back to its pool: whoever had it may not answer it any more. Sign in to see who can.",
        "es": "Una solicitud volvió al grupo: quien la tenía ya no puede responderla. Entre para ver quién puede.",
    },
    NoticeKind.NO_LONGER_YOURS: {
        "en": "You may not answer a request any more, and somebody else gets it. What you wrote is kept for them.",
        "es": "Usted ya no puede responder una solicitud y la recibe otra persona. Lo que escribió queda para ella.",
    },
    NoticeKind.RAISED: {
        "en": "A request has become more urgent. Sign in to see it.",
        "es": "Una solicitud se volvió más urgente. Entre para verla.",
    },
    NoticeKind.STILL_NEEDED: {
        "en": "We still need one more thing from you. Please sign in.",
        "es": "Todavía necesitamos una cosa más. Por favor entre.",
    },
    NoticeKind.ROSTER: {
        "en": "Somebody asks you to take a shift. Sign in to answer.",
        "es": "Alguien le pide tomar un turno. Entre para responder.",
    },
    NoticeKind.SWAP_ANSWERED: {
        "en": "A shift that you asked somebody to take was answered. Sign in to see it.",
        "es": "Alguien respondió sobre un turno que usted le pidió tomar. Entre para verlo.",
    },
    NoticeKind.DUTY_CHANGED: {
        "en": "Your duty or your time off was changed. Sign in to see when you are on duty.",
        "es": "Se cambió su turno o su ausencia. Entre para ver cuándo está de turno.",
    },
    NoticeKind.DIGEST: {
        "en": "Several requests wait for you. Sign in to see them.",
        "es": "Varias solicitudes le esperan. Entre para verlas.",
    },
    NoticeKind.NAME_OPENED: {
        "en": "Somebody opened a child's name by exception, for one hour. Sign in to see who, and why.",
        "es": "Alguien abrió el nombre de un niño por excepción, durante una hora. Entre para ver quién y por qué.",
    },
    NoticeKind.NAMES_RULE: {
        "en": "A colleague chose to whom children's names open in your program. Sign in to see what holds now.",
        "es": "Un colega eligió quién puede abrir los nombres de los niños. Entre para ver la regla de ahora.",
    },
    NoticeKind.NAMES_ASK: {
        "en": "A privacy officer chose to whom children's names open in your program. Ask what holds now, and why.",
        "es": "Quien cuida la privacidad eligió quién puede abrir los nombres. Pregúntele quién, y por qué.",
    },
    NoticeKind.STAFF_OPENED: {
        "en": "An administrator opened a staff account, or gave out its first link. Sign in to see whose.",
        "es": "La administración abrió una cuenta del personal o dio su primer enlace. Entre para ver de quién es.",
    },
    NoticeKind.STAFF_ASK: {
        "en": "An administrator opened a staff account, or gave out its first link. Ask them whose it is.",
        "es": "La administración abrió una cuenta del personal o dio su primer enlace. Pregúntele de quién es.",
    },
    NoticeKind.STAFF_CHANGED: {
        "en": "Somebody closed or reopened a staff account, or left the desk empty by time off. Ask who, and why.",
        "es": "Alguien cerró o reabrió una cuenta, o dejó la coordinación sin nadie. Pregunte quién y por qué.",
    },
    NoticeKind.DESK_INHERITED: {
        "en": "No coordinator is there. Whoever stands in may read names of families. Ask who it is, and why.",
        "es": "No hay nadie de coordinación. Quien la cubre puede leer nombres. Pregunte quién es y por qué.",
    },
    NoticeKind.REVIEW_DUE: {
        "en": "A name opened by exception has waited three days or longer for a review. Sign in to look at it.",
        "es": "Un nombre abierto por excepción espera revisión desde hace tres días o más. Entre para verlo.",
    },
    NoticeKind.REVIEW_ASK: {
        "en": "A name opened by exception waits for a review, and your program has no privacy officer. Name one.",
        "es": "Un nombre abierto por excepción espera revisión y nadie es responsable de privacidad. Nombre a alguien.",
    },
    NoticeKind.RIGHT_ENDS: {
        "en": "Soon you can no longer see or ask for somebody here. Sign in to see when, and what you can do.",
        "es": "Pronto ya no podrá ver ni preguntar por alguien aquí. Entre para ver cuándo y qué puede hacer.",
    },
    NoticeKind.CONSENT_WITHDRAWN: {
        "en": "A family took its consent back, and its files are sealed. Sign in to see which request.",
        "es": "Una familia retiró su consentimiento y sus archivos están sellados. Entre para ver qué solicitud.",
    },
    NoticeKind.SIGN_IN_CHANGED: {
        "en": "Your password or second step was changed, or a recovery code was used. If it was not you, call us now.",
        "es": "Se cambió su contraseña o su segundo paso, o se usó un código de respaldo. Si no fue usted, llámenos.",
    },
    NoticeKind.SIGN_IN_NEW: {
        "en": "Someone signed in to your account from a new browser. If it was not you, end it there and call us.",
        "es": "Alguien entró en su cuenta desde un navegador nuevo. Si no fue usted, ciérrelo ahí y llámenos.",
    },
    NoticeKind.SIDE_ASKED: {
        "en": "A colleague asks you one question about a request. Sign in to see it.",
        "es": "Un colega le hace una pregunta sobre una solicitud. Entre para verla.",
    },
    NoticeKind.SIDE_LATE: {
        "en": "A question to a second specialist waits for a reply. Sign in to see it.",
        "es": "Una pregunta a un segundo especialista espera respuesta. Entre para verla.",
    },
    NoticeKind.SIDE_REPLIED: {
        "en": "A colleague has replied to your question about a request you no longer hold. Take it again to read it.",
        "es": "Un colega respondió su pregunta sobre una solicitud que ya no tiene. Tómela otra vez para leerla.",
    },
    NoticeKind.SIDE_MOVED: {
        "en": "Your question to a colleague has changed hands, or was taken back. Sign in to see it.",
        "es": "Su pregunta a un colega cambió de manos o fue retirada. Entre para verla.",
    },
    NoticeKind.ERASURE_ASKED: {
        "en": "Somebody asked that a record be erased. Sign in to see which, and until when that can be undone.",
        "es": "Alguien pidió que se borre un expediente. Entre para ver cuál y hasta cuándo se puede deshacer.",
    },
    NoticeKind.ERASURE_ASK: {
        "en": "Somebody asked that a record be erased. Ask your privacy officer why: it can still be undone.",
        "es": "Alguien pidió que se borre un expediente. Pregunte por qué a quien cuida la privacidad.",
    },
    NoticeKind.CLINIC_MOVED: {
        "en": "Another clinic of our program answers a question now. Sign in to see when the answer comes.",
        "es": "Otro equipo de nuestro programa responde ahora una pregunta. Entre para ver la hora de la respuesta.",
    },
    NoticeKind.STANDS_IN: {
        "en": "No coordinator is there now, and you stand in for them. Sign in to see what waits.",
        "es": "Ahora no hay nadie de coordinación y usted hace sus veces. Entre para ver lo que espera.",
    },
    NoticeKind.NOBODY_READS: {
        "en": "No doctor of the clinic can read what was written to it here. Sign in to see whom to call.",
        "es": "Ningún médico de la clínica puede leer lo que se le escribió aquí. Entre para ver a quién llamar.",
    },
    NoticeKind.NUMBER_WRONG: {
        "en": "A contact of a family does not reach them. Sign in to see which family, and what to do.",
        "es": "Un contacto de una familia no sirve para hablar con ella. Entre para ver cuál y qué hacer.",
    },
    NoticeKind.CHILD_DIED: {
        "en": "A child in your program has died. Sign in to see who it is. Please do not call the family.",
        "es": "Ha fallecido un niño de su programa. Entre para ver quién es. Por favor no llame a la familia.",
    },
    NoticeKind.DEATH_TAKEN_BACK: {
        "en": "It was a mistake that a child was marked as dead. Sign in to see who it is, and go on as before.",
        "es": "Fue un error anotar que un niño ha fallecido. Entre para ver quién es y siga como antes.",
    },
    NoticeKind.CONTACT_CHANGED: {
        "en": "The phone number for our text messages to you was changed. If it was not you, call us now.",
        "es": "Se cambió el teléfono al que le enviamos mensajes de texto. Si no fue usted, llámenos ahora.",
    },
    NoticeKind.ACCOUNT_OPENED: {
        "en": "We opened an account for you. To come in, ask for a sign-in link with this e-mail address.",
        "es": "Abrimos una cuenta para usted. Para entrar, pida un enlace con esta dirección de correo.",
    },
    NoticeKind.MAIL_CAME: {
        "en": "Something came by e-mail in your name. Sign in and confirm it, or throw it away.",
        "es": "Llegó algo por correo a nombre de usted. Entre y confírmelo o tírelo.",
    },
}

SUBJECTS = {"en": "eConsult: please sign in", "es": "eConsult: por favor entre"}
