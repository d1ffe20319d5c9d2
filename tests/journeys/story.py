"""One story, told through the API alone: a mother's question travels to a specialist and comes back as an answer.

Each act says what everybody sees after it, and what they must not see. The tests tell the acts on different stages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.api import Api, wait_for
from tests.journeys.media import BIRTH_DATE, FILE_NAME, NAME, Media
from tests.journeys.sending import send, send_with_a_cut
from tests.services.product import Product

QUESTION = "¿Es eccema la mancha zarzamora que le pica en el codo?"
TOLD = f"Empezó hace una semana. {NAME}, nacida el {BIRTH_DATE}, se rasca de noche y ya probamos crema de avena."
ON = "Is this atopic dermatitis of the elbow (zarzamora), and is a mid-strength steroid safe here?"
ANSWER: dict[str, Any] = {
    "impression": "Atopic dermatitis of the elbow crease, moderate (zarzamora).",
    "confidence": "sure",
    "recommendations": [
        {"text": "Triamcinolone 0.1 % twice a day for 7 days.", "owner": "pcp"},
        {"text": "Ponga vaselina cada día después del baño.", "owner": "family"},
    ],
    "watch_for": "Fiebre, pus o ampollas.",
    "disposition": "advice_only",
    "family_summary": "Parece eccema zarzamora. No es grave y no se pega. Use la crema dos veces al día.",
    "spanish_how": "written",
    "references": "Guideline of atopic dermatitis.",
}
PHONE = "505-555-0199"
CONSENT = {"given": True, "by": "parent", "method": "electronic", "language": "es"}


@dataclass
class Cast:
    """The people of the story, each with a token of their own."""

    product: Product
    parent: Api = field(init=False)
    stranger: Api = field(init=False)
    pcp: Api = field(init=False)
    derm: Api = field(init=False)
    derm2: Api = field(init=False)
    neuro: Api = field(init=False)

    def __post_init__(self) -> None:
        names = {"stranger": "parent2"}
        for role in ("parent", "stranger", "pcp", "derm", "derm2", "neuro"):
            setattr(self, role, Api(self.product, f"{names.get(role, role)}@demo.test"))

    def child(self) -> dict[str, Any]:
        """The mother's child, who is also the first that her clinic lists."""
        child = self.parent.get("/patients").expect(200)["items"][0]
        first = self.pcp.get("/patients").expect(200)["items"][0]
        assert child["id"] == first["id"]
        assert child["name"]
        return dict(child)


def draft_question(cast: Cast, mother: Api | None = None, **changes: Any) -> str:
    """A mother, by default the one of the story, opens a question about her first child; returns its id."""
    mother = mother or cast.parent
    details: dict[str, Any] = {
        "body_site": "elbow",
        "since": "week",
        "symptoms": ["itch"],
        "story": TOLD,
        "red_flags": [],
    }
    details["contact"] = {"way": "call", "phone": PHONE}
    wanted = {
        "kind": "family_question",
        "patient_id": mother.get("/patients").expect(200)["items"][0]["id"],
        "question": QUESTION,
        "details": {**details, **changes.pop("details", {})},
        "consent": CONSENT,
        **changes,
    }
    made = mother.post("/consults", **wanted).expect(201)
    assert made["status"] == "draft"
    assert made["number"]
    consult_id: str = made["id"]
    return consult_id


def send_media(cast: Cast, consult_id: str, media: Media) -> dict[str, str]:
    """The mother's phone sends two photos, one over a broken line, a video and a lab report; ids by their names."""
    mother = cast.parent
    told = {"filename": FILE_NAME}
    return {
        "far": send_with_a_cut(mother, consult_id, "photo", media.far, view="far", filetype="image/jpeg", **told),
        "close": send(mother, consult_id, "photo", media.close, view="close", filetype="image/jpeg", **told),
        "clip": send(mother, consult_id, "video", media.clip, filetype="video/mp4", filename=f"{NAME}.mp4"),
        "paper": send(
            mother,
            consult_id,
            "lab_document",
            media.paper,
            filetype="application/pdf",
            filename=f"{NAME}.pdf",
            document_type="laboratory",
        ),
    }


def submit(person: Api, consult_id: str) -> dict[str, Any]:
    """Send the request; its first clock runs for 24 hours."""
    sent: dict[str, Any] = person.verb(consult_id, "submit").expect(200)
    assert sent["status"] == "submitted"
    left = clock_of(sent, "first_reply", "running") - datetime.now(UTC)
    assert timedelta(hours=23, minutes=55) < left <= timedelta(hours=24)
    return sent


def clock_of(consult: dict[str, Any], name: str, state: str) -> datetime:
    """The deadline of a clock that must be in this state."""
    clock = next(clock for clock in consult["clocks"] if clock["clock"] == name)
    assert clock["state"] == state, clock
    return datetime.fromisoformat(clock["deadline_at"])


def send_on(cast: Cast, consult_id: str) -> None:
    """The clinic makes the family's question its own; before that no specialist knows of it."""
    cast.derm.get(f"/consults/{consult_id}").refuses(404, "not_found")
    assert cast.pcp.consult(consult_id)["question"] == QUESTION
    wanted = {"specialty": "dermatology", "question": ON, "question_type": "diagnosis", "urgency": "routine"}
    moved = cast.pcp.verb(consult_id, "send-on", **wanted).expect(200)
    assert (moved["kind"], moved["status"], moved["specialty"]) == ("econsult", "submitted", "dermatology")


def claim(cast: Cast, consult_id: str) -> None:
    """One dermatologist finds it in the worklist and takes it; the other is too late, the neurologist sees nothing."""
    row = next(row for row in cast.derm.listed("pool", "dermatology") if row["id"] == consult_id)
    assert NAME not in str(row)
    assert cast.derm.verb(consult_id, "claim").expect(200)["status"] == "claimed"
    refusal = cast.derm2.verb(consult_id, "claim").refuses(409, "impossible_verb")
    assert "claimed" in refusal["detail"]
    cast.neuro.get(f"/consults/{consult_id}").refuses(404, "not_found")
    assert consult_id in {row["id"] for row in cast.derm.listed("mine")}


def wait_settled(person: Api, consult_id: str) -> list[dict[str, Any]]:
    """The attachments, once nothing more happens to any of them."""

    def settled() -> list[dict[str, Any]]:
        found = person.consult(consult_id)["attachments"]
        return found if all(each["state"] not in {"received", "processing"} for each in found) else []

    return wait_for("prepared files", settled)


def wait_ready(person: Api, consult_id: str) -> dict[str, dict[str, Any]]:
    """The attachments by id, once every one of them has been prepared."""
    attachments = wait_settled(person, consult_id)
    assert [each for each in attachments if each["state"] != "ready"] == []
    return {each["id"]: each for each in attachments}


def ask_for_more(cast: Cast, consult_id: str, media: Media) -> str:
    """The specialist lacks a photo: the clock stands still until the mother has sent it; returns the photo's id."""
    cast.derm2.verb(consult_id, "request-info", text="Who am I?", items=[]).refuses(403, "forbidden")
    text = "Por favor, una foto más de cerca con luz de día."
    asked = cast.derm.verb(consult_id, "request-info", text=text, items=["close photo"], audience="family").expect(200)
    assert asked["status"] == "needs_info"
    clock_of(asked, "first_reply", "paused")
    seen = cast.parent.consult(consult_id)
    assert text in [message["text"] for message in seen["messages"]]
    photo = send(cast.parent, consult_id, "photo", media.again, view="close", filetype="image/jpeg")
    again = cast.derm.consult(consult_id)
    assert again["status"] == "claimed"
    clock_of(again, "first_reply", "running")
    return photo


def talk(cast: Cast, consult_id: str) -> None:
    """What clinicians say among themselves, the family does not read."""
    between = "Any family history of asthma or hay fever?"
    cast.derm.verb(consult_id, "messages", audience="clinicians", text=between).expect(201)
    cast.parent.verb(consult_id, "messages", audience="clinicians", text="¿Hola?").refuses(403, "forbidden")
    cast.parent.verb(consult_id, "messages", audience="family", text="Gracias por mirar.").expect(201)
    assert between in str(cast.pcp.consult(consult_id)["messages"])
    assert between not in str(cast.parent.consult(consult_id))
    assert "Gracias por mirar." in str(cast.derm.consult(consult_id)["messages"])


def answer(cast: Cast, consult_id: str) -> None:
    """The draft is the specialist's own; signed it is the clinic's; acknowledged it is the family's."""
    cast.derm.verb(consult_id, "answer/sign").refuses(422, "invalid")
    cast.derm.verb(consult_id, "answer", **{**ANSWER, "disposition": "magic"}).refuses(422, "invalid")
    cast.derm.verb(consult_id, "answer", **ANSWER).expect(200)
    assert [who.consult(consult_id)["answer"] for who in (cast.pcp, cast.parent)] == [None, None]
    signed = cast.derm.verb(consult_id, "answer/sign").expect(200)
    assert signed["status"] == "answered"
    clock_of(signed, "first_reply", "stopped")
    assert cast.pcp.consult(consult_id)["answer"]["impression"] == ANSWER["impression"]
    assert cast.parent.consult(consult_id)["answer"] is None
    cast.parent.verb(consult_id, "informed", method="opened").refuses(403, "forbidden")


def hear(cast: Cast, consult_id: str) -> None:
    """The clinic acknowledges, the mother reads her part and says so, the clinic closes."""
    cast.pcp.verb(consult_id, "close").refuses(422, "invalid")
    cast.pcp.verb(consult_id, "acknowledge").expect(200)
    read = cast.parent.consult(consult_id)["answer"]
    assert read["family_summary"] == ANSWER["family_summary"]
    assert "Triamcinolone" in str(read), "once released, the family may read the doctor's words too"
    heard = cast.parent.verb(consult_id, "informed", method="opened", teach_back=False).expect(200)
    clock_of(heard, "family_informed", "stopped")
    told = {"changed": "yes", "referral": "avoided", "seen": "no"}
    assert cast.pcp.verb(consult_id, "close", **told).expect(200)["status"] == "closed"
    refusal = cast.pcp.verb(consult_id, "acknowledge").refuses(409, "impossible_verb")
    assert "closed" in refusal["detail"]
