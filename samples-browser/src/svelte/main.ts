import { mount } from "svelte";
import Chat from "./Chat.svelte";

const target = document.querySelector("#app");
if (target) mount(Chat, { target });
