// "Edit settings": opens the sidebar, where it is closed and covers the page when open.
export default function ({ parentElement }) {
  if (parentElement.querySelector("button")) return;
  const link = document.createElement("button");
  link.textContent = "Edit settings";
  link.onclick = () => {
    const opener = document.querySelector('[data-testid="stExpandSidebarButton"]');
    (opener?.querySelector("button") ?? opener)?.click();
  };
  parentElement.append(link);
}
