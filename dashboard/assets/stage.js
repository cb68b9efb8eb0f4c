// Dresses the frame in which streamlit-webrtc shows the camera: a poster of the picture's shape before it
// comes, and buttons that look like the page's. The page's keyboard shortcuts work in it too.
const dressed = new WeakSet();

// The page's fonts, whose files a frame has to name again.
function fontFaces() {
  const rules = [...document.styleSheets].flatMap((sheet) => {
    try {
      return [...sheet.cssRules].map((rule) => ({ rule, base: sheet.href ?? document.baseURI }));
    } catch {
      return []; // of another origin
    }
  });
  return rules
    .filter(({ rule }) => rule instanceof CSSFontFaceRule)
    .map(({ rule, base }) =>
      rule.cssText.replace(/url\("?([^")]+)"?\)/g, (_, url) => `url("${new URL(url, base)}")`),
    )
    .join("\n");
}

function look(inside, { css, poster }) {
  const style = inside.createElement("style");
  style.textContent = `${fontFaces()}\n${css}`;
  const theme = getComputedStyle(document.querySelector(".stApp"));
  const root = inside.documentElement.style;
  root.setProperty("--stage-font", theme.fontFamily);
  root.setProperty("--stage-poster", `url("${poster}")`);
  root.setProperty("--stage-radius", "0.6rem");
  inside.head.append(style);
}

function forward(event) {
  const { type, key, code, altKey, ctrlKey, metaKey, shiftKey } = event;
  const keys = { key, code, altKey, ctrlKey, metaKey, shiftKey, bubbles: true };
  document.body.dispatchEvent(new KeyboardEvent(type, keys));
}

// Streamlit takes a switch or a slider that has the focus for a text field, and ignores shortcuts then.
function forwardFromSwitches(event) {
  const isLetter = event.key.length === 1 && event.key !== " ";
  if (isLetter && event.target.matches?.("input:is([type=checkbox], [type=radio], [type=range])"))
    forward(event);
}

function dress(frame, data) {
  const inside = frame.contentDocument;
  if (!inside?.head || !inside.getElementById("root") || dressed.has(inside)) return;
  dressed.add(inside);
  look(inside, data);
  for (const type of ["keydown", "keyup"]) inside.addEventListener(type, forward);
}

export default function ({ data }) {
  const stage = document.querySelector(data.stage);
  if (!stage) return;
  const dressAll = () =>
    stage.querySelectorAll("iframe").forEach((frame) => {
      frame.onload = () => dress(frame, data);
      dress(frame, data);
    });
  const watcher = new MutationObserver(dressAll);
  watcher.observe(stage, { childList: true, subtree: true });
  document.addEventListener("keydown", forwardFromSwitches);
  dressAll();
  return () => {
    watcher.disconnect();
    document.removeEventListener("keydown", forwardFromSwitches);
  };
}
