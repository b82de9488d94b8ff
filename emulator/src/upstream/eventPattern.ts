/** Which user events: `*`, or names in an array or separated by commas, in any case. */
export type EventPattern = string | readonly string[];

export function matchesEvent(pattern: EventPattern = "*", name: string): boolean {
  const names = typeof pattern === "string" ? pattern.split(",") : pattern;
  const wanted = name.toLowerCase();
  return names.some((candidate) => candidate.trim() === "*" || candidate.trim().toLowerCase() === wanted);
}
