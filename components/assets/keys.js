// What the frame does not do by itself. Escape closes the dialog that is open although nothing in it has the focus (a
// button that was switched off while its file came lets go of it); "/" puts the cursor into the box to ask or to search
// in, as long as nobody is typing. Where there is a keyboard, signing in and a dialog that asks for words begin with the
// cursor in the first field, and a dialog that closes gives the focus back to what opened it, also out of a menu that is
// gone by then. Light or dark is chosen once for all pages, where the frame keeps a choice for each address;
// and what it draws beside the page (dialogs) follows the theme of the page. On a narrow screen the list of pages lies
// over the page: a touch beside it or Escape puts it away, and leaving the page does.
(() => {
  if (window.nichewiseKeys) return;
  window.nichewiseKeys = true;
  const typing = (at) => at?.closest?.("input, textarea, [contenteditable=true], [role=combobox]");
  document.addEventListener("keydown", (event) => {
    const dialog = document.querySelector('[data-testid="stDialog"] [role="dialog"]');
    if (event.key === "Escape" && dialog && (event.target === document.body || event.target === null)) {
      dialog.querySelector(':scope > button[type="button"]')?.click();
    } else if (event.key === "Escape" && !dialog && (event.target === document.body || event.target.closest?.('[data-testid="stSidebar"]'))) {
      putAway();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !dialog && !typing(event.target)) {
      const box = document.querySelector('[data-testid="stChatInputTextArea"], [data-testid="stMain"] [data-testid="stTextInput"] input');
      if (box) { event.preventDefault(); box.focus(); }
    }
  });
  const narrow = matchMedia("(max-width: 768px)");
  const putAway = () => {
    const pages = '[data-testid="stSidebar"][data-collapsed="false"] [data-testid="stSidebarCollapseButton"] button';
    if (narrow.matches) document.querySelector(pages)?.click();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-testid="stMain"], [data-testid="stBottom"]')) putAway();
  });
  addEventListener("pagehide", () => narrow.matches && localStorage.removeItem("stSidebarCollapsed-"));
  const scheme = () => {
    const page = document.querySelector('[data-testid="stApp"]');
    if (page) document.documentElement.style.colorScheme = getComputedStyle(page).colorScheme;
  };
  const soon = (action) => setTimeout(action, 300); // once the frame has drawn and stored it
  soon(scheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => soon(scheme));
  const everywhere = () => {
    scheme();
    const at = (path) => `stActiveTheme-${path}-v2`;
    const chosen = localStorage.getItem(at(location.pathname));
    const pages = [...document.querySelectorAll('[data-testid="stSidebarNavLink"]')].map((link) => new URL(link.href).pathname);
    if (chosen !== null) for (const path of ["/", ...pages]) localStorage.setItem(at(path), chosen);
  };
  const choosing = (event) => event.target.closest?.('[data-testid^="stMainMenuItem-theme"]') && soon(everywhere);
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, choosing, true);
  if (!matchMedia("(hover: hover)").matches) return;
  let opener = null, open = false;
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest("[role=dialog], [role=menu], [role=listbox]")) opener = target;
  });
  const giveBack = () => document.activeElement === document.body && opener?.isConnected && opener.focus();
  new MutationObserver(() => {
    const dialog = document.querySelector('[data-testid="stDialog"] [role="dialog"]');
    if (open && !dialog) soon(giveBack);
    open = Boolean(dialog);
    const first = dialog === document.activeElement && dialog.querySelector("input, textarea");
    if (first && first.matches("input[type=text]:not([role]), input[type=email], textarea")) first.focus();
  }).observe(document.body, { subtree: true, childList: true });
  const begin = new MutationObserver(() => {
    const field = document.querySelector('.st-key-sign_in_card [data-testid="stForm"] input');
    if (!field) return;
    begin.disconnect();
    if (document.activeElement === document.body) field.focus({ preventScroll: true });
  });
  begin.observe(document.body, { subtree: true, childList: true });
  setTimeout(() => begin.disconnect(), 15000);
})();
