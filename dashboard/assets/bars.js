// One face's prediction: a headline and a bar for each emotion. The elements stay and only what differs
// is written: every repaint beside a video costs pictures.
function make(parent, tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  if (tag === "img") element.alt = "";
  parent.append(element);
  return element;
}

function build(parent, rows) {
  const root = make(parent, "div", "bars");
  const headline = make(root, "p", "headline");
  const icon = make(headline, "img", "icon");
  const title = make(headline, "span", "title");
  const note = make(root, "p", "note");
  const bars = rows.map(({ name, colour }) => {
    const row = make(root, "div", "row");
    make(row, "span", "dot").style.background = colour;
    make(row, "span", "name").textContent = name;
    const fill = make(make(row, "div", "track"), "div", "fill");
    fill.style.background = colour;
    return { row, fill, share: make(row, "span", "share") };
  });
  return { root, headline, icon, title, note, bars };
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export default function ({ parentElement, data }) {
  const parts = (parentElement.parts ??= build(parentElement, data.rows));
  parts.root.className = `bars ${data.size}${data.uncertain ? " uncertain" : ""}`;
  parts.headline.hidden = parts.note.hidden = data.headline === null;
  write(parts.title, data.headline ?? "");
  parts.icon.hidden = !data.icon;
  if (data.icon && parts.icon.src !== data.icon) parts.icon.src = data.icon;
  write(parts.note, data.note ?? "");
  data.rows.forEach(({ value, share, first }, index) => {
    const { row, fill, share: text } = parts.bars[index];
    row.classList.toggle("first", first);
    fill.style.transform = `translateX(${100 * (value - 1)}%)`;
    write(text, share);
  });
}
