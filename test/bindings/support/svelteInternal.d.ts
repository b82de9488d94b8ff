// What compiled components import. Svelte has no declarations for it.
declare module "svelte/internal/client" {}
declare module "svelte/internal/disclose-version" {}
declare module "svelte/internal/flags/legacy" {}
