/// What people say of a take: its folder and its tags, changed in place.
import { useState } from "preact/hooks";
import type { Take } from "../../api/client";
import { label, labelsOf } from "../../api/takes";
import { Icon } from "../../parts/icons";
import { words } from "../../strings";

const w = words.take;

export function Said({ take }: { take: Take }) {
  const labels = labelsOf(take);
  const tags = labels.tags ?? [];
  const [text, setText] = useState("");
  const add = (event: Event): void => {
    event.preventDefault();
    const tag = text.trim();
    if (tag && !tags.some((one) => one.toLowerCase() === tag.toLowerCase())) void label(take, { tags: [...tags, tag] });
    setText("");
  };
  return (
    <form class="chips said" onSubmit={add}>
      {tags.map((tag) => (
        <span key={tag} class="chip">
          <a href={`/library?tag=${encodeURIComponent(tag)}`}>{tag}</a>
          <button type="button" class="bare" aria-label={w.removeTag(tag)} onClick={() => void label(take, { tags: tags.filter((one) => one !== tag) })}>
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input type="text" aria-label={w.addTag} placeholder={w.addTag} maxLength={60} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <input key={labels.folder} type="text" aria-label={w.folder} placeholder={w.folder} maxLength={200} defaultValue={labels.folder ?? ""}
        onChange={(event) => void label(take, { folder: event.currentTarget.value.trim() })} />
    </form>
  );
}
