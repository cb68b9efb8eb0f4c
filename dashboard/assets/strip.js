// Thumbnails in a row, one of them chosen. A click tells the page which.
function button(item, chosen, choose) {
  const made = document.createElement("button");
  made.type = "button";
  made.title = item.name;
  made.setAttribute("aria-pressed", String(item.key === chosen));
  const image = document.createElement("img");
  image.src = item.image;
  image.alt = "";
  const name = document.createElement("span");
  name.textContent = item.name;
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = item.label;
  made.append(image, name, label);
  made.onclick = () => choose(item.key);
  return made;
}

export default function ({ parentElement, data, setTriggerValue }) {
  let strip = parentElement.querySelector(".strip");
  const focused = strip && [...strip.children].indexOf(strip.getRootNode().activeElement);
  if (!strip) {
    strip = document.createElement("div");
    strip.className = "strip";
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", "Pictures");
    parentElement.append(strip);
  }
  const choose = (key) => setTriggerValue("picked", key);
  strip.replaceChildren(...data.pictures.map((item) => button(item, data.chosen, choose)));
  if (focused >= 0) strip.children[focused]?.focus({ preventScroll: true });
  const shown = strip.querySelector('[aria-pressed="true"]');
  if (shown && (shown.offsetLeft < strip.scrollLeft || shown.offsetLeft + shown.offsetWidth > strip.scrollLeft + strip.clientWidth)) {
    strip.scrollLeft = shown.offsetLeft - strip.offsetLeft - shown.offsetWidth;
  }
}
