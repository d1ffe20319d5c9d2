// Closes a page that is open for a while: when that is over its words go from the screen first, and then the page is asked
// for anew in its own place, so that nothing lies behind the back button. The header of the page does the same without
// scripts; it counts no hours that the machine slept, and shows the old page for as long as the line is down.
const card = document.querySelector("[data-closes-in]");
const ends = Date.now() + Number(card?.dataset.closesIn) * 1000;

function close() {
  if (!card || Date.now() < ends || !card.isConnected) return;
  card.remove();
  location.reload();
}

setInterval(close, 1000);
document.addEventListener("visibilitychange", close);
addEventListener("pageshow", close);
