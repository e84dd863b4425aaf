// Escape closes the dialog that is open although nothing in it has the focus (a button that was switched off while its
// file came lets go of it); "/" puts the cursor into the box to ask or to search in, as long as nobody is typing. Where
// there is a keyboard, signing in begins with the cursor in the first field.
(() => {
  if (window.nichewiseKeys) return;
  window.nichewiseKeys = true;
  const typing = (at) => at?.closest?.("input, textarea, [contenteditable=true], [role=combobox]");
  document.addEventListener("keydown", (event) => {
    const dialog = document.querySelector('[data-testid="stDialog"] [role="dialog"]');
    if (event.key === "Escape" && dialog && (event.target === document.body || event.target === null)) {
      dialog.querySelector(':scope > button[type="button"]')?.click();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !dialog && !typing(event.target)) {
      const box = document.querySelector('[data-testid="stChatInputTextArea"], [data-testid="stMain"] [data-testid="stTextInput"] input');
      if (box) { event.preventDefault(); box.focus(); }
    }
  });
  if (!matchMedia("(hover: hover)").matches) return;
  const begin = new MutationObserver(() => {
    const field = document.querySelector('.st-key-sign_in_card [data-testid="stForm"] input');
    if (!field) return;
    begin.disconnect();
    if (document.activeElement === document.body) field.focus({ preventScroll: true });
  });
  begin.observe(document.body, { subtree: true, childList: true });
  setTimeout(() => begin.disconnect(), 15000);
})();
