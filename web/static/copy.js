// Copies the text of a note, which is asked for when the button is pressed. Without this script there is no button.
const said = document.querySelector("[data-copied]")

const asked = async (address) => {
  const answer = await fetch(address, { credentials: "same-origin" })
  if (!answer.ok || answer.redirected) throw new Error("no text")
  return new Blob([await answer.text()], { type: "text/plain" })
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard || !window.ClipboardItem) continue
  button.hidden = false
  button.addEventListener("click", async () => {
    said.textContent = ""
    try {
      // The promise goes in whole: a browser lets a page copy only in the moment of the press.
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": asked(button.dataset.copy) })])
      said.textContent = said.dataset.done
    } catch {
      said.textContent = said.dataset.fail
    }
  })
}
