// A page begins at its top, also where the one before was scrolled.
export default function ({ data }) {
  if (window.ferPage === data.page) return;
  window.ferPage = data.page;
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
}
