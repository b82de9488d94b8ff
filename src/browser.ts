/** Entry point of the self-contained browser builds: the package and its log switch. */
export * from "./index.js";
export { setLogLevel } from "@azure/logger";
