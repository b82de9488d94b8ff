type Child = Node | string;
type Properties = Readonly<Record<string, string | boolean | (() => void)>>;

/** An element. Functions are listeners, `true` is an attribute without a value, `false` none. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const button = (label: string, pressed: () => void, more: Properties = {}): HTMLButtonElement =>
  element("button", { type: "button", click: pressed, ...more }, label);

/** The element of the page that has this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/** Shows the end of what grows. */
export const scrollToEnd = (list: HTMLElement): void => list.scrollTo({ top: list.scrollHeight });
