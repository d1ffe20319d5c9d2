// Passkeys: asks the server, then the authenticator, and brings its answer back. Where there is no script or the browser
// knows no passkeys, the buttons stay hidden, what is said instead is seen, and everything else works.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "")
const proof = document.querySelector("meta[name=csrf-token]").content

const send = (address, body, type) =>
  fetch(address, {
    method: "POST",
    headers: { "X-CSRF-Token": proof, Accept: "application/json", ...(type && { "Content-Type": type }) },
    body,
  })

const said = async (answer) => {
  const told = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(told.problem || "")
  return told
}

// What JSON brings as text, authenticators take as bytes.
const opened = (asked) => {
  asked.challenge = bytes(asked.challenge)
  const named = [asked.user, asked.excludeCredentials, asked.allowCredentials].flat().filter(Boolean)
  for (const each of named) each.id = bytes(each.id)
  return { publicKey: asked }
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
const wrapped = ({ id, rawId, type, response }) => {
  const parts = PARTS.filter((part) => response[part]).map((part) => [part, text(response[part])])
  return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(parts) })
}

const make = async (asked) => wrapped(await navigator.credentials.create(opened(asked)))
const prove = async (asked) => wrapped(await navigator.credentials.get(opened(asked)))

const ask = async (address, form) => said(await send(address, new URLSearchParams(new FormData(form))))

// Where a passkey takes the place of a code, the owner shows it first, unless they have written a recovery code.
const own = async (form) => {
  const field = form.querySelector("[data-owner]")
  if (!field) return
  field.value = ""
  if (form.querySelector("[name=factor_code]").value.trim() === "") field.value = await prove(await ask(field.dataset.owner, form))
}

// What the authenticator made goes to the server by the script, or with the form where a page is to come back.
const bring = async (form) => {
  const answer = await (form.dataset.passkey === "make" ? make : prove)(await ask(form.dataset.ask, form))
  if (!form.dataset.answer) {
    form.querySelector("[name=passkey]").value = answer
    form.submit()
    return
  }
  const { next } = await said(await send(form.dataset.answer, answer, "application/json"))
  location.assign(next)
  if (new URL(next, location).pathname === location.pathname) location.reload()
}

const able = Boolean(window.PublicKeyCredential)
// An authenticator is asked one thing at a time: two taps would make two passkeys, of which a phone keeps the second.
let asking = 0
for (const words of document.querySelectorAll("[data-no-passkey]")) words.hidden = able
for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!able) continue
  form.hidden = false
  const told = form.querySelector("[data-told]")
  form.addEventListener("submit", async (event) => {
    const { submitter } = event
    event.preventDefault()
    if (asking++) return
    told.hidden = true
    try {
      await own(form)
      if (form.dataset.passkey !== "owner") return await bring(form)
      form.action = submitter?.getAttribute("formaction") || form.getAttribute("action")
      form.submit()
    } catch (fault) {
      // What the browser itself says, that somebody closed its window for one, is in no language of ours.
      // Its INVALID_STATE_ERR is 11: the authenticator has a passkey for this site.
      const ours = fault instanceof DOMException ? fault.code === 11 && told.dataset.have : fault.message
      told.querySelector("span").textContent = ours || told.dataset.fail
      told.hidden = false
    } finally {
      asking = 0
    }
  })
}
