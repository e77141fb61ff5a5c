/// Where the page was opened as a file: a person hands it the folder that it lies in.
import { useEffect, useRef } from "preact/hooks";
import { takeFiles, type Files } from "./folder";

export function Choose({ open, fail }: { open: (files: Files) => Promise<void>; fail: (error: unknown) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setAttribute("webkitdirectory", ""), []);
  const take = async () => {
    try {
      await open(takeFiles(input.current?.files ?? []));
    } catch (error) {
      fail(error);
    }
  };
  return (
    <section class="panel stack">
      <h2>Choose the instrument's folder</h2>
      <p>
        This page was opened as a file, and browsers let no such page read the files beside it. Choose the folder that holds transformer.onnx,
        one above this page's own. The browser calls that an upload; the files stay on this machine.
      </p>
      <label class="field">
        <span>Folder</span>
        <input ref={input} type="file" onChange={take} />
      </label>
    </section>
  );
}
