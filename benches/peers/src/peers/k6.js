import http from "k6/http";

// The leanest k6 there is: nothing is done with the bodies.
export const options = { discardResponseBodies: true };

export default function () {
  http.get(__ENV.URL);
}

export function handleSummary({ metrics }) {
  const requests = metrics.http_reqs.values.count;
  // A rate that counts failures: what "passes" is a request that failed.
  const errors = metrics.http_req_failed.values.passes;
  return { stdout: JSON.stringify({ requests, errors }) + "\n" };
}
