"""What people are told of what comes after an answer: how it went, the steps that it recommends, and their visits."""

from __future__ import annotations

from econsult.notice_kinds import NoticeKind

AFTER: dict[NoticeKind, dict[str, str]] = {
    NoticeKind.OUTCOME_ASKED: {
        "en": "How did it go? Sign in to tell us. It takes one minute.",
        "es": "¿Cómo le fue? Entre para contarnos. Toma un minuto.",
    },
    NoticeKind.OUTCOME_CLINIC: {
        "en": "How did it go after an answer some weeks ago? Three taps. Sign in to say it.",
        "es": "¿Qué pasó después de una respuesta de hace semanas? Tres toques. Entre para decirlo.",
    },
    NoticeKind.OUTCOME_DESK: {
        "en": "A family without an account is to be asked how it went. Sign in to see whom to call.",
        "es": "Hay que preguntar cómo le fue a una familia sin cuenta. Entre para ver a quién llamar.",
    },
    NoticeKind.OUTCOME_WORSE: {
        "en": "A family says that it got worse. Sign in and call them.",
        "es": "Una familia dice que empeoró. Entre y llámela.",
    },
    NoticeKind.STEP_LATE: {
        "en": "Something that an answer recommends was not done in time. Sign in to see it.",
        "es": "Algo que recomienda una respuesta no se hizo a tiempo. Entre para verlo.",
    },
    NoticeKind.STEP_OPEN: {
        "en": "Something on your list is still to do. Sign in to see it.",
        "es": "Todavía falta algo de su lista. Entre para verlo.",
    },
    NoticeKind.VISIT_SET: {
        "en": "There is a new day or place for you. Sign in to see when and where.",
        "es": "Tenemos fecha o lugar nuevos para usted. Entre para verlos.",
    },
    NoticeKind.VISIT_OFF: {
        "en": "Something planned for you will not take place. Sign in to see what happens now.",
        "es": "Algo que estaba planeado para usted ya no se hace. Entre para ver lo que sigue.",
    },
    NoticeKind.VISIT_SOON: {
        "en": "Something is planned for you soon. Sign in to see when and where.",
        "es": "Pronto hay algo planeado para usted. Entre para ver la fecha y el lugar.",
    },
    NoticeKind.VISIT_NEEDS: {
        "en": "Something about a visit needs you. Sign in to see it.",
        "es": "Hay una cita que le espera. Entre para ver lo que falta.",
    },
}
