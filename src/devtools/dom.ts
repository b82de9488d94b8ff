/** Makes and updates elements. Text is never read as markup, and there are no style attributes: a page may forbid both. */

type Value = string | number | boolean | undefined | ((event: never) => unknown);
export type Child = Node | string | undefined;

/** An element with attributes, listeners (`onclick` and the like) and children. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, Value>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(
  name: string,
  attributes: Readonly<Record<string, Value>> = {},
  ...children: readonly Child[]
): SVGElement {
  return fill(
    document.createElementNS<"svg">("http://www.w3.org/2000/svg", name as "svg"),
    attributes,
    children,
  );
}

function fill<Made extends Element>(
  made: Made,
  attributes: Readonly<Record<string, Value>>,
  children: readonly Child[],
): Made {
  for (const [name, value] of Object.entries(attributes)) set(made, name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Sets, changes or removes an attribute or listener; touches nothing if it is so already. */
export function set(element: Element, name: string, value: Value): void {
  if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
  else if (value === undefined || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Shows a text; touches nothing if it is there already, so that selections stay. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** How the items of a list are shown. */
export interface Rows<Item> {
  /** The same for the same row. */
  readonly key: (item: Item) => unknown;
  /** A row whose version is another one is made anew. Left out: rows never change. */
  readonly version?: (item: Item) => string;
  readonly make: (item: Item) => Element;
}

/** Returns a function that shows items in a list: rows that stay aren't touched, so focus and selection stay too. */
export function list<Item>(
  place: Element,
  { key, version, make }: Rows<Item>,
): (items: readonly Item[]) => void {
  let rows = new Map<unknown, { readonly version: string | undefined; readonly element: Element }>();
  return (items) => {
    const next: typeof rows = new Map();
    for (const item of items) {
      const [id, now] = [key(item), version?.(item)];
      const row = rows.get(id);
      next.set(id, row?.version === now && row ? row : { version: now, element: make(item) });
    }
    const focused = (place.getRootNode() as Document | ShadowRoot).activeElement;
    for (const [id, { element }] of rows) if (next.get(id)?.element !== element) element.remove();
    // With the row that had the focus the panel's keys would be lost.
    if (focused && !focused.isConnected) place.closest<HTMLElement>("[role=tabpanel]")?.focus();
    rows = next;
    let at = place.firstElementChild;
    for (const { element } of next.values()) {
      if (element === at) at = at.nextElementSibling;
      else place.insertBefore(element, at);
    }
  };
}
