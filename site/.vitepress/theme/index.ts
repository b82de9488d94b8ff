// Without the fonts that the theme brings: the reader's own will do, and pages come faster.
import theme from "vitepress/theme-without-fonts";
import "./style.css";

export default theme;
