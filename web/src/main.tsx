import { render } from "preact";
import "./styles/font.css";
import "./styles/theme.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/places.css";
import { App } from "./app";

render(<App />, document.getElementById("page")!);
