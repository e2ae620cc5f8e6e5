// Type-checked against the types that openapi-typescript generates; never run.
import type { components, operations, paths } from "./api";

type ClassifyRequest = components["schemas"]["ClassifyRequest"];
type Answer = operations["classify"]["responses"][200]["content"]["application/json"];
type Refusal = operations["classify"]["responses"][422]["content"]["application/json"];

export const one: ClassifyRequest = { text: "I am happy" };
export const many: ClassifyRequest = { texts: ["a", "b"], variant: "nano", key: "user-1" };
// @ts-expect-error a request has a text or texts
export const neither: ClassifyRequest = { key: "user-1" };
// @ts-expect-error and not both
export const both: ClassifyRequest = { text: "a", texts: ["b"] };
// @ts-expect-error a text is a string
export const wrong: ClassifyRequest = { text: 3 };

export function firstLabels(answer: Answer): string[] {
  return answer.results[0].labels;
}

export function message(refusal: Refusal): string {
  return refusal.error.message;
}

export const policy: components["schemas"]["RoutingUpdate"] = {
  split: { fp32: 90, nano: 10 },
  reference: "fp32",
};

export type Call = paths["/classify"]["post"];
