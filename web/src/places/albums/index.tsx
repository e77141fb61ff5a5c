/// Albums: a brief and its plan, the albums that there are, and each by its id.
import { useEffect } from "preact/hooks";
import { api, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Failure, Ghost } from "../../parts/states";
import { jobs } from "../../state/jobs";
import { ago, span } from "../../strings";
import { said } from "../../strings/albums";
import { Album } from "./album";
import { Brief } from "./brief";
import { State } from "./state";
import "./albums.css";

type Head = Schemas["AlbumHead"];

export function Albums({ rest }: { rest: readonly string[] }) {
  return rest[0] ? <Album key={rest[0]} id={rest[0]} /> : (
    <div class="albums stack">
      <Brief />
      <List />
    </div>
  );
}

function List() {
  const states = jobs.value.filter((job) => job.kind === "produce").map((job) => job.id + job.state).join();
  const found = useLoad("albums", (signal) => api.get("/v1/albums", { query: { limit: 100 }, signal }));
  useEffect(() => {
    if (found.data) found.again();
  }, [states]);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={160} />;
  const { items, damaged } = found.data;
  return (
    <section class="stack">
      <h2>{said.albums}</h2>
      {(damaged ?? []).length > 0 && <p class="bad-text small">{said.damaged(damaged!.length)}</p>}
      {!items.length && <Empty title={said.none}><p>{said.noneWhat}</p></Empty>}
      {items.length > 0 && <ul class="shelf">{items.map((one) => <li key={one.id}><Card one={one} /></li>)}</ul>}
    </section>
  );
}

function Card({ one }: { one: Head }) {
  return (
    <article class="panel album-card">
      <header class="row">
        <h3 class="grow"><a class="plain-link" href={`/albums/${one.id}`}>{one.title}</a></h3>
        <State of={one} />
      </header>
      <p class="soft small">{[one.kind, said.by(one.artist), span(one.seconds)].join(" · ")}</p>
      <p class="small">{[said.finishedOf(one.finished, one.tracks), ago(new Date(one.changed * 1000))].join(" · ")}</p>
    </article>
  );
}
