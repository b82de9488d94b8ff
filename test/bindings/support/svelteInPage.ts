/** Takes the place of `esm-env`, which Svelte asks where it is: in a page, while its developer looks. */
export const BROWSER = true;
export const DEV = true;
export const NODE = false;
