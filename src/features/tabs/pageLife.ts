/**
 * Calls `away` when the page goes away or is frozen, and `back` when it is there again.
 * @returns a function that removes the listeners
 */
export function listenToPage(away: () => void, back: () => void): () => void {
  const { document: page } = globalThis as { document?: Partial<Document> | null };
  const signs: [Partial<EventTarget> | null | undefined, string, () => void][] = [
    [globalThis, "pagehide", away],
    [globalThis, "pageshow", back],
    [page, "freeze", away],
    [page, "resume", back],
  ];
  for (const [target, name, listener] of signs) target?.addEventListener?.(name, listener);
  return () => {
    for (const [target, name, listener] of signs) target?.removeEventListener?.(name, listener);
  };
}
