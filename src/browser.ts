/** Entry point of the self-contained browser builds: the package, `keepOverReload` and `setLogLevel`. */
export * from "./index.js";
export * from "./features/resume/index.js";
export { setLogLevel } from "@azure/logger";
