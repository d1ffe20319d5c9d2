// A file that has arrived moves from the list of the phone to the page's own list: there it says the same as after a
// reload, and it can be taken back.
document.addEventListener("upload:sent", async ({ target: card }) => {
  const address = document.getElementById("files").dataset.again;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const part = document.createElement("template");
  part.innerHTML = await answer.text();
  const fresh = part.content.getElementById("files");
  if (!fresh) return;
  document.getElementById("files").replaceWith(fresh);
  window.htmx?.process(fresh);
  card.hidden = true;
});
