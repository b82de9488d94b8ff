import type { Fault } from "./faults.mjs";

/** A file as it is with the fault in it, or why the fault has no place any more. */
export type Planted =
  { readonly file: string; readonly contents: string; readonly lost?: undefined } | { readonly lost: string };

/** Finds a fault's place, by its declaration and its text, in whichever file of client or service that is. */
export function plant(fault: Fault): Planted;
