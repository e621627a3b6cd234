// New content over old: elements that are on the page already are brought up to date instead of being replaced, so
// that focus, selection, scroll position and open details stay where they are while figures change.

//: What elements do on events; an old element takes over what its new version would do.
const acts = new WeakMap();
//: Elements that are their maker's to change: never taken for one another.
const own = new WeakSet();

/** Call `on[event](given)` for each of these events. */
export function listen(element, on) {
  acts.set(element, on);
  for (const event of Object.keys(on)) element.addEventListener(event, (given) => acts.get(element)[event](given));
}

/** An element that somebody holds on to: it is put in as it is. */
export function kept(element) {
  own.add(element);
  return element;
}

/** Make `fresh` the children of `place`. */
export function settle(place, fresh) {
  const old = new Map();
  for (const node of place.childNodes) if (!own.has(node)) old.set(key(node), [...(old.get(key(node)) ?? []), node]);
  const chosen = fresh.map((node) => (own.has(node) ? node : updated(old.get(key(node))?.shift(), node)));
  const staying = new Set(chosen);
  for (const node of [...place.childNodes]) if (!staying.has(node)) node.remove();
  let at = place.firstChild;
  for (const node of chosen) {
    if (node === at) at = at.nextSibling;
    else place.insertBefore(node, at);
  }
}

/** Nodes that may stand for each other: of one kind, and with one name if they have names. */
const key = (node) => `${node.nodeName} ${node.dataset?.testid ?? ""} ${Object.keys(acts.get(node) ?? {})}`;

/** `old` as `fresh` is; `fresh` itself where there is no old. */
function updated(old, fresh) {
  if (!old) return fresh;
  if (!(fresh instanceof Element)) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  for (const { name, value } of fresh.attributes) if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText; // the page's policy lets no other way
  if (acts.has(fresh)) acts.set(old, acts.get(fresh));
  settle(old, [...fresh.childNodes]);
  return old;
}
