// Draws over the photo in the viewer. The form beside it is the same without scripts; each stroke is kept at once.
const HEAD = 0.05, SPREAD = (28 * Math.PI) / 180, STEP = 0.006, LEAST = 0.01, MOST = 12, POINTS = 200;
const fraction = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 1e4) / 1e4;
const far = ([x, y], [u, v]) => Math.max(Math.abs(x - u), Math.abs(y - v));

function path({ shape, points }, width, height) {
  const placed = points.map(([x, y]) => [x * width, y * height]);
  const [[x0, y0], [x1, y1]] = [placed[0], placed.at(-1)];
  if (shape === "box") return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`;
  if (shape === "ellipse") {
    const middle = (y0 + y1) / 2, arc = `A${Math.abs(x1 - x0) / 2} ${Math.abs(y1 - y0) / 2} 0 1 0`;
    return `M${x0} ${middle}${arc} ${x1} ${middle}${arc} ${x0} ${middle}Z`;
  }
  const line = `M${placed.map((point) => point.join(" ")).join("L")}`;
  if (shape !== "arrow") return line;
  const back = Math.atan2(y0 - y1, x0 - x1), long = HEAD * Math.max(width, height);
  const end = (turn) => `${x1 + long * Math.cos(back + turn)} ${y1 + long * Math.sin(back + turn)}`;
  return `${line}M${end(SPREAD)}L${x1} ${y1}L${end(-SPREAD)}`;
}

for (const form of document.querySelectorAll("[data-marking]")) {
  const sheet = form.closest("[data-sheet]"), svg = sheet.querySelector("[data-marks]"), box = form.querySelector("details");
  const { width, height } = svg.viewBox.baseVal;
  const said = form.querySelector("[data-marks-said]"), list = form.querySelector("[data-told]");
  let marks = JSON.parse(form.elements.drawing.value), drawing = null, asked = 0, last = Promise.resolve();

  function draw() {
    form.elements.drawing.value = JSON.stringify(marks);
    svg.replaceChildren(...[...marks, ...(drawing ? [drawing] : [])].map((mark) => {
      const element = document.createElementNS(svg.namespaceURI, "path");
      element.setAttribute("d", path(mark, width, height));
      return element;
    }));
  }

  // One after the other; only the newest answer says how it stands.
  function keep(verb = "save") {
    const number = (asked += 1);
    last = last.then(() => send(verb, number));
  }
  async function send(verb, number) {
    const body = new FormData(form);
    body.set("verb", verb);
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer && !answer.redirected ? await answer.json().catch(() => ({})) : {};
    const isKept = answer?.ok && told.marks;
    said.classList.toggle("err", !isKept);
    said.textContent = isKept ? told.saved : told.problem || said.dataset.fail;
    if (!isKept || number !== asked) return;
    marks = told.marks;
    list.replaceChildren(...told.told.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
    draw();
  }

  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [fraction(point.x / width), fraction(point.y / height)];
  };
  const isOpen = () => { svg.classList.toggle("open", box.open); };
  svg.addEventListener("pointerdown", (event) => {
    if (!box.open || event.button || drawing) return;
    event.stopPropagation();
    event.preventDefault();
    if (marks.length >= MOST) { said.textContent = said.dataset.most; return; }
    svg.setPointerCapture(event.pointerId);
    const start = at(event);
    drawing = { shape: form.querySelector("[name=shape]:checked").value, points: [start, start] };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    const point = at(event), { points } = drawing;
    if (drawing.shape !== "line") points[1] = point;
    else if (far(points.at(-1), point) > STEP && points.length < POINTS) points.push(point);
    draw();
  });
  svg.addEventListener("pointerup", (event) => {
    if (!drawing) return;
    const { points } = drawing, mark = drawing;
    drawing = null;
    event.stopPropagation();
    const isSeen = points.some((point) => far(points[0], point) >= LEAST);
    if (isSeen) marks = [...marks, mark];
    draw();
    if (isSeen) keep();
  });
  svg.addEventListener("pointercancel", () => { drawing = null; draw(); });
  form.addEventListener("change", (event) => { if (event.target.name === "words") keep(); });
  form.addEventListener("submit", (event) => {
    const verb = event.submitter?.value;
    if (!["add", "undo", "clear"].includes(verb)) return;
    event.preventDefault();
    keep(verb);
  });
  form.querySelectorAll("[data-hand]").forEach((part) => { part.hidden = false; });
  box.addEventListener("toggle", isOpen);
  isOpen();
}
