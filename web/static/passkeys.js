// Passkeys: asks the server, then the authenticator, and brings its answer back. Where there is no script or the browser
// knows no passkeys, the buttons stay hidden and everything else works.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "")
const proof = document.querySelector("meta[name=csrf-token]").content

const send = (address, body, type) =>
  fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRF-Token": proof, Accept: "application/json", ...(type && { "Content-Type": type }) },
    body,
  })

const said = async (answer) => {
  const told = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(told.problem || "")
  return told
}

const known = (list = []) => list.map((each) => ({ ...each, id: bytes(each.id) }))

const make = async (asked) => {
  const user = { ...asked.user, id: bytes(asked.user.id) }
  const publicKey = { ...asked, user, challenge: bytes(asked.challenge), excludeCredentials: known(asked.excludeCredentials) }
  const made = await navigator.credentials.create({ publicKey })
  return wrapped(made, { attestationObject: text(made.response.attestationObject) })
}

const prove = async (asked) => {
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) }
  const given = await navigator.credentials.get({ publicKey })
  const { authenticatorData, signature, userHandle } = given.response
  return wrapped(given, {
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle && { userHandle: text(userHandle) }),
  })
}

const wrapped = (key, more) =>
  JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: { clientDataJSON: text(key.response.clientDataJSON), ...more },
  })

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue
  form.hidden = false
  const told = form.querySelector("[data-told]")
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    told.hidden = true
    try {
      const asked = await said(await send(form.dataset.ask, new URLSearchParams(new FormData(form))))
      const answer = await (form.dataset.passkey === "make" ? make : prove)(asked)
      const { next } = await said(await send(form.dataset.answer, answer, "application/json"))
      location.assign(next)
      if (new URL(next, location).pathname === location.pathname) location.reload()
    } catch (fault) {
      // What the browser itself says, that somebody closed its window for one, is in no language of ours.
      told.querySelector("span").textContent = (!(fault instanceof DOMException) && fault.message) || told.dataset.fail
      told.hidden = false
    }
  })
}
