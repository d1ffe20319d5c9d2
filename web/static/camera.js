// Takes a photo through the marks over the old one, where this browser lends its camera; the plain choosers stay.
for (const box of document.querySelectorAll("[data-camera]")) {
  const part = (name) => box.querySelector(`[data-${name}]`);
  const opener = document.querySelector("[data-open-camera]"), film = part("live"), still = part("shot"), said = document.querySelector("[data-camera-said]"), done = document.querySelector("[data-done]");
  let stream;

  const stop = () => { stream?.getTracks().forEach((track) => track.stop()); stream = null; film.srcObject = null; };
  // Either the camera is seen, or the photo that was just taken.
  const show = (isTaken) => {
    still.hidden = !isTaken;
    for (const name of ["use", "anew"]) part(name).hidden = !isTaken;
    part("shutter").hidden = isTaken;
    // "Done" would throw away a photo that was taken and not sent.
    done.hidden = isTaken;
  };
  const close = () => { stop(); show(false); box.hidden = true; opener.hidden = false; opener.focus(); };

  async function open() {
    said.textContent = "";
    const video = { facingMode: { ideal: "environment" }, width: { ideal: 3840 }, height: { ideal: 2160 } };
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch {
      said.textContent = said.dataset.denied;
      return;
    }
    film.srcObject = stream;
    await film.play().catch(() => {});
    show(false);
    box.hidden = false;
    opener.hidden = true;
    part("shutter").focus();
    box.scrollIntoView({ block: "nearest" });
  }

  function take() {
    if (!film.videoWidth) return;
    Object.assign(still, { width: film.videoWidth, height: film.videoHeight });
    still.getContext("2d").drawImage(film, 0, 0);
    show(true);
    part("use").focus();
  }

  // The form takes it as if it had been chosen: it is kept, sent and told like any other file.
  function use() {
    still.toBlob((blob) => {
      const picked = new DataTransfer(), input = document.getElementById(box.dataset.camera);
      picked.items.add(new File([blob], "photo.jpg", { type: blob.type }));
      input.files = picked.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      close();
    }, "image/jpeg", 0.92);
  }

  opener.addEventListener("click", open);
  part("shutter").addEventListener("click", take);
  part("use").addEventListener("click", use);
  part("anew").addEventListener("click", () => { show(false); part("shutter").focus(); });
  part("close").addEventListener("click", close);
  part("through").addEventListener("change", (event) => { box.classList.toggle("bare", !event.target.checked); });
  addEventListener("pagehide", stop);
  addEventListener("beforeunload", (event) => { if (!still.hidden) event.preventDefault(); });
  opener.hidden = !navigator.mediaDevices?.getUserMedia;
}
