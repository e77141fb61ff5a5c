/// The frame: rail, place, player; what never goes away.
import { useEffect, useState } from "preact/hooks";
import { listenToStudio } from "./api/events";
import { api } from "./api/client";
import { useLoad } from "./api/load";
import { Icon } from "./parts/icons";
import { KeyHelp } from "./parts/keyhelp";
import { Now } from "./parts/now";
import { Palette } from "./parts/palette";
import { Empty, Failure } from "./parts/states";
import { Toasts } from "./parts/toasts";
import { PLACES } from "./places";
import * as engine from "./player/engine";
import { Player } from "./player/player";
import { followLinks, go, parts } from "./router";
import { nameOfTake } from "./player/sounds";
import { useCommands } from "./state/commands";
import { followJobs } from "./state/jobs";
import { hearKeys, useKeys } from "./state/keys";
import { switchTheme, theme } from "./state/theme";
import { words } from "./strings";
import { said as verdicts } from "./strings/verdicts";
import { followVerdicts } from "./verdicts/outbox";
import { rate, unrate } from "./verdicts/stars";

followLinks();
hearKeys();

export function App() {
  const door = useLoad("door", (signal) => api.get("/v1/takes", { query: { limit: 1 }, signal }));
  if (door.error?.status === 401) return <Locked />;
  if (door.error && !door.data) {
    return (
      <main class="place alone">
        <Failure trouble={door.error} again={door.again} />
      </main>
    );
  }
  return <Frame />;
}

function Frame() {
  const [shown, setShown] = useState<"" | "palette" | "keys">("");
  useEffect(() => {
    listenToStudio();
    followJobs();
    followVerdicts();
  }, []);
  const close = (): void => setShown("");
  const k = words.keys;
  const take = nameOfTake(engine.sound.value);
  useKeys([
    { key: "Space", says: k.play, run: () => engine.sound.value && engine.toggle(engine.sound.value) },
    { key: "j", says: k.next, run: () => engine.step(1) },
    { key: "k", says: k.previous, run: () => engine.step(-1) },
    { key: "a", says: k.ab, run: () => engine.swap("a") },
    { key: "b", says: k.ab, run: () => engine.swap("b") },
    ...[1, 2, 3, 4, 5].map((n) => ({ key: String(n), shown: "1 – 5", says: n === 1 ? verdicts.keyRate : "", run: () => void (take && rate(take, engine.sound.value!.title, n)) })),
    { key: "0", says: verdicts.keyBack, run: () => void (take && unrate(take)) },
    { key: "Ctrl+k", says: k.palette, run: () => setShown("palette") },
    { key: "?", says: k.help, run: () => setShown("keys") },
  ]);
  const other = theme.value === "dark" ? "light" : "dark";
  useCommands([
    ...PLACES.filter((one) => one.path !== "takes").map((one) => ({ name: words.palette.goTo(one.name), kind: words.palette.place, run: () => go(`/${one.path}`) })),
    { name: words.frame.theme(other), kind: words.palette.verb, run: switchTheme },
    { name: words.keys.help, kind: words.palette.verb, run: () => setShown("keys") },
  ]);
  return (
    <div class="frame">
      <a class="hidden skip" href="#place" onClick={(event) => (event.preventDefault(), document.getElementById("place")?.focus())}>
        {words.frame.skip}
      </a>
      <Rail onSearch={() => setShown("palette")} />
      <Where />
      <Player />
      <Toasts />
      {shown === "palette" && <Palette onClose={close} />}
      {shown === "keys" && <KeyHelp onClose={close} />}
    </div>
  );
}

function Rail({ onSearch }: { onSearch: () => void }) {
  const here = parts.value[0] ?? "make";
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <header class="rail">
      <a class="name" href="/">
        <Icon name="twin" />
        {words.name}
      </a>
      <nav aria-label={words.frame.places}>
        {PLACES.filter((one) => one.rail).map((one) => (
          <a key={one.path} href={`/${one.path}`} aria-current={here === one.path || (one.path === "library" && here === "takes") ? "page" : undefined}>
            <Icon name={one.icon} />
            <span>{one.name}</span>
          </a>
        ))}
      </nav>
      <div class="foot">
        <Now />
        <button type="button" class="button quiet" onClick={onSearch}>
          {words.frame.search}
          <span>
            <kbd>Ctrl</kbd> <kbd>K</kbd>
          </span>
        </button>
        <button type="button" class="button quiet" onClick={switchTheme}>
          {words.frame.theme(other)}
          <Icon name="theme" />
        </button>
      </div>
    </header>
  );
}

function Where() {
  const [first = "make", ...rest] = parts.value;
  const found = PLACES.find((one) => one.path === first);
  useEffect(() => {
    document.title = found && found.path !== "make" ? `${found.name} · ${words.name}` : words.name;
  }, [found]);
  return (
    <main class="place" id="place" tabindex={-1}>
      <div class="inner" key={first}>
        {found ? (
          <found.Component rest={rest} />
        ) : (
          <Empty title={words.frame.notThere} action={<a class="button main" href="/">{words.frame.toMake}</a>} />
        )}
      </div>
    </main>
  );
}

function Locked() {
  return (
    <main class="place alone" id="way-in">
      <Empty title={words.locked.title}>
        <p>{words.locked.what}</p>
        <p>{words.locked.how}</p>
      </Empty>
    </main>
  );
}
