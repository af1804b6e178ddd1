/** Declaring by a file, as views: choose or drop it, see what is in it, send it. Pure. */
import type { DeclareActions, Shown } from "./declareview.ts";
import { type Children, h } from "./dom.ts";
import { fileWords } from "./flightsfile.ts";
import { wrong } from "./formview.ts";

export function fileViews({ file, phase, form }: Shown, actions: DeclareActions): Children {
  const take = (list: FileList | null | undefined): void => {
    const [first] = list ?? [];
    if (first) actions.file(first);
  };
  const { flights, problem } = file?.summary ?? { flights: [], problem: "" };
  return [
    h(
      "section",
      { "data-key": "file" },
      h(
        "label",
        {
          class: "drop",
          ondragover: (event: DragEvent) => event.preventDefault(),
          ondrop: (event: DragEvent) => {
            event.preventDefault();
            take(event.dataTransfer?.files);
          },
        },
        h("b", {}, "Choose a flights.json, or drop it here"),
        h("input", {
          type: "file",
          accept: ".json,application/json",
          "data-testid": "declare-choose",
          onchange: (event: Event) => take((event.target as HTMLInputElement).files),
        }),
      ),
      file === null
        ? null
        : h("p", {}, h("b", {}, file.name), flights.length > 0 ? `: ${counted(flights.length)}` : ""),
      problem === "" ? null : h("p", { class: "problem", role: "alert" }, problem),
      h(
        "ul",
        { class: "plain in-file" },
        ...flights.map((one) =>
          h(
            "li",
            { "data-key": one.id },
            h("b", {}, one.id),
            one.party === "" ? "" : ` of ${one.party} `,
            h("small", {}, fileWords(one)),
          ),
        ),
      ),
    ),
    h(
      "section",
      { class: "send", "data-key": "send-file" },
      wrong(form, ""),
      phase.kind === "busy" ? h("p", { role: "status" }, phase.words) : null,
      h(
        "button",
        {
          type: "button",
          class: "main",
          "data-testid": "declare-file-send",
          disabled: flights.length === 0 || problem !== "" || phase.kind === "busy",
          onclick: actions.sendFile,
        },
        flights.length === 0 ? "Declare" : `Declare ${counted(flights.length)}`,
      ),
      h("p", { class: "dim" }, "All of them are declared, or none."),
    ),
  ];
}

const counted = (flights: number): string => (flights === 1 ? "1 flight" : `${flights} flights`);
