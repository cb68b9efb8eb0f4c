// Light or dark holds for every page. Streamlit keeps the choice under the path at which it was opened,
// so that another page that is opened by its address would not know of it.
const opened = new URL(performance.getEntriesByType("navigation")[0].name).pathname;

function share() {
  const own = `stActiveTheme-${opened}`;
  const key = Object.keys(localStorage).find((name) => name.startsWith(`${own}-v`));
  const version = key?.slice(own.length) ?? "-v2";
  const links = document.querySelectorAll('[data-testid="stSidebarNavLink"]');
  for (const { pathname } of links) {
    const other = `stActiveTheme-${pathname}${version}`;
    if (key) localStorage.setItem(other, localStorage.getItem(key));
    else localStorage.removeItem(other);
  }
}

export default function () {
  const watcher = new MutationObserver(share);
  watcher.observe(document.querySelector(".stApp"), { attributeFilter: ["class"] });
  return () => watcher.disconnect();
}
