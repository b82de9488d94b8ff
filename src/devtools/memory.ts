/** How a panel was left. */
export interface Left {
  readonly open?: boolean;
  /** Name of the tab. */
  readonly tab?: string;
}

const keyOf = (name: string | undefined): string => `web-pubsub-devtools${name ? `: ${name}` : ""}`;

/** What was remembered. Nothing if the page may not use its storage. */
export function recall(name: string | undefined): Left {
  try {
    const left: unknown = JSON.parse(localStorage.getItem(keyOf(name)) ?? "{}");
    return typeof left === "object" && left !== null ? left : {};
  } catch {
    return {};
  }
}

/** Remembers it for the next page; it doesn't matter if that isn't possible. */
export function remember(name: string | undefined, left: Left): void {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(left));
  } catch {
    // No storage, or it is full.
  }
}
