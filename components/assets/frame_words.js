// Replaces Streamlit's own English words, which it does not translate. Short words are replaced in its frame alone:
// elsewhere they may be what a person or a document said.
(() => {
  const FRAME = [
    "stMainMenuPopover", "InputInstructions", "stTooltipContent", "stElementToolbar", "stConnectionStatus",
    "stDataFrameColumnMenu", "stDataFrameColumnVisibilityMenu", "stSelectboxVirtualDropdown", "stMultiSelectDropdown",
  ].map((id) => `[data-testid^="${id}"]`).join(",") + ',[role="listbox"],[role="menu"]';
  const NAMES = 'button[aria-label],button[title],[data-testid="stMainMenuList"],section[aria-label],nav[aria-label],' +
    'a[aria-label],input[aria-label],input[placeholder],[role="img"][aria-label]';
  const LONG = 14;
  const first = !window.nichewiseWords;
  window.nichewiseWords = new Map(Object.entries(__WORDS__));
  const originals = (window.nichewiseOriginals ??= new WeakMap());
  const found = (said) => window.nichewiseWords.get(said.trim());
  const replaced = (text) => {
    const before = originals.get(text);
    const said = before && before.ours === text.data ? before.said : text.data;
    const ours = found(said);
    if (ours === undefined || (said.trim().length < LONG && !text.parentElement?.closest(FRAME))) return;
    originals.set(text, { said, ours });
    if (text.data !== ours) text.data = ours;
  };
  // A name that goes on with words of ours: "Help for Memory"; the key of such a beginning ends in a space.
  const begun = (said) => {
    for (const [begins, ours] of window.nichewiseWords)
      if (begins.endsWith(" ") && said.startsWith(begins)) return ours + said.slice(begins.length);
  };
  const names = (window.nichewiseNames ??= new WeakMap());
  const named = (element) => {
    for (const name of ["aria-label", "title", "placeholder", "data-title"]) {
      const now = element.getAttribute(name);
      if (!now) continue;
      const before = names.get(element)?.[name];
      const said = before?.ours === now ? before.said : now;
      const ours = found(said) ?? begun(said);
      if (ours === undefined) continue;
      names.set(element, { ...names.get(element), [name]: { said, ours } });
      if (ours !== now) element.setAttribute(name, ours);
    }
    // The name of an icon ("neurology icon") would be read out before the words that it stands beside.
    if (/^[a-z0-9_]+ icon$/.test(element.ariaLabel ?? "")) element.ariaHidden = "true";
  };
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return replaced(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) replaced(texts.currentNode);
    if (node.matches(NAMES)) named(node);
    node.querySelectorAll(NAMES).forEach(named);
  };
  look(document.body);
  if (!first) return;
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type !== "childList") look(change.target);
      else change.addedNodes.forEach(look);
    }
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributeFilter: ["aria-label"],
  });
})();
