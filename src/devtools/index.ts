/** Entry point of the panel that shows what a client does. */
export { mountDevtools } from "./mount.js";
export type { DevtoolsOptions } from "./options.js";
