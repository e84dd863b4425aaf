// Replaces Streamlit's own English words, which it does not translate. Short words are replaced in its frame alone:
// elsewhere they may be what a person or a document said.
(() => {
  const FRAME = [
    "stMainMenuPopover", "InputInstructions", "stTooltipContent", "stElementToolbar", "stConnectionStatus",
    "stDataFrameColumnMenu", "stDataFrameColumnVisibilityMenu", "stSelectboxVirtualDropdown", "stMultiSelectDropdown",
  ].map((id) => `[data-testid^="${id}"]`).join(",") + ',[role="listbox"],[role="menu"]';
  const NAMES = 'button[aria-label],button[title],[data-testid="stMainMenuList"]';
  const LONG = 15;
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
  const named = (element) => {
    for (const name of ["aria-label", "title"]) {
      const said = element.getAttribute(name);
      const ours = said && found(said);
      if (ours && ours !== said) element.setAttribute(name, ours);
    }
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
      if (change.type === "characterData") look(change.target);
      else change.addedNodes.forEach(look);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
})();
