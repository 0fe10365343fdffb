/** What a customer's program writes against the client that is generated with default flags. Only its types are checked. */
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

const client = createClient<paths>({ baseUrl: "https://mail.example", headers: { Authorization: "Bearer mfk_x" } });

export async function everything(): Promise<string> {
  // Only what has no default has to be sent.
  const list = await client.POST("/api/v1/lists", { body: { name: "News", policy_confirmed: true } });
  if (list.error) return `${list.error.code}: ${list.error.detail} (${list.error.request_id})`;
  const list_id: number = list.data.id;

  // @ts-expect-error a list needs a name
  await client.POST("/api/v1/lists", { body: { policy_confirmed: true } });
  // @ts-expect-error a name is a text
  await client.POST("/api/v1/lists", { body: { name: 7, policy_confirmed: true } });

  const draft = await client.POST("/api/v1/campaigns", { body: { name: "Winter", list_ids: [list_id] } });
  if (draft.error) throw new Error(draft.error.remedy);
  const released = await client.POST("/api/v1/campaigns/{campaign_id}/release", {
    params: { path: { campaign_id: draft.data.id }, header: { "Idempotency-Key": "1" } },
    headers: { "If-Match": draft.response.headers.get("ETag") ?? "*" },
    body: { policy_confirmed: true, content_hash: draft.data.content_hash },
  });
  if (released.error) throw new Error(String(released.error.status));

  // What is sent is always there, so nothing has to be checked for undefined.
  let cursor: string | undefined;
  do {
    const page = await client.GET("/api/v1/contacts", {
      params: { query: { updated_since: "2026-01-01T00:00:00Z", limit: 1000, ...(cursor ? { cursor } : {}) } },
    });
    if (page.error) throw new Error(page.error.code);
    for (const contact of page.data.items) keep(contact);
    page.data.erased_ids.forEach(forget);
    cursor = page.data.next ?? undefined;
  } while (cursor);

  const found = await client.POST("/api/v1/contacts/look-up", { body: { email: "dora@mail.example" } });
  const batch = await client.POST("/api/v1/contacts/batch", {
    body: { items: [{ contact: { external_id: "7" }, attributes: { city: "Kiel" }, tags: { add: ["VIP"] } }] },
  });
  const bulk = await client.POST("/api/v1/bulk-actions/add-tag", { body: { tag: "VIP", filter: { list_id } } });
  const started = await client.POST("/api/v1/exports", { body: { content: "contacts", list_id } });
  return [found.data?.email, batch.data?.changed, bulk.data?.percent, started.data?.status_url].join();
}

const kept = new Map<number, components["schemas"]["ContactInfo"]>();

function keep(contact: components["schemas"]["ContactInfo"]): void {
  kept.set(contact.id, contact);
  const states: string[] = contact.subscriptions.map((one) => one.state);
  if (states.includes("unsubscribed")) forget(contact.id);
}

function forget(id: number): void {
  kept.delete(id);
}
