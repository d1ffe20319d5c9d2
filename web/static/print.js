// Printing, and reading aloud: the buttons are hidden until a browser that can do it shows them.
const listen = document.querySelector("[data-listen]");

if (listen && "speechSynthesis" in window) {
  listen.hidden = false;
  listen.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    const text = document.querySelector("[data-aloud]");
    // Buttons stand among the lines; what they say is not part of the answer.
    const words = new SpeechSynthesisUtterance([...text.querySelectorAll("[data-say]")].map((part) => part.innerText).join("\n"));
    words.lang = text.lang || document.documentElement.lang;
    words.rate = 0.9;
    speechSynthesis.speak(words);
  });
  addEventListener("pagehide", () => speechSynthesis.cancel());
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    // A closed part would be missing on paper.
    for (const part of document.querySelectorAll("details")) part.open = true;
    print();
  });
}
